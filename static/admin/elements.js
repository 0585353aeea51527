/**
 * Makes an element. Text goes in as text, never as markup: labels are whatever somebody typed.
 *
 * @param {string} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

/** Shows one of the two: what there is, or the sentence that says why there is nothing. */
export function showEither(present, contentId, missingId, sentence) {
  byId(contentId).hidden = !present;
  byId(missingId).hidden = present;
  byId(missingId).textContent = present ? '' : sentence;
}
