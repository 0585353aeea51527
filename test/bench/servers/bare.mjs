/** The least that can answer: an empty 200, whatever is asked. */
import { serve } from './serve.mjs';

serve((_request, response) => {
  response.writeHead(200, { 'Content-Length': 0 });
  response.end();
});
