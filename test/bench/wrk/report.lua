-- Counts the answers that have not the status EXPECTED_STATUS, and prints the figures as one line
-- of JSON. With PAUSE, each connection waits so many milliseconds before its next request.

local expected = tonumber(os.getenv('EXPECTED_STATUS'))
local pause = tonumber(os.getenv('PAUSE'))
local threads = {}

-- Globals, since only these can be read from outside the thread.
unexpected = 0
unexpected_status = 0

function setup(thread)
  table.insert(threads, thread)
end

function response(status)
  if status ~= expected then
    unexpected = unexpected + 1
    unexpected_status = status
  end
end

if pause then
  function delay()
    return pause
  end
end

function done(summary, latency)
  local wrong, status = 0, 0
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get('unexpected')
    status = math.max(status, thread:get('unexpected_status'))
  end
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"p999":%d,"unexpected":%d,"status":%d,"lost":%d}\n',
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    wrong, status, errors.connect + errors.read + errors.write + errors.timeout))
end
