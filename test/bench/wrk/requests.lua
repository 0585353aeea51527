-- Sends the requests of REQUESTS_FILE, byte for byte and in turn. None has a body, so each ends
-- with its empty line.

dofile('report.lua')

local requests = {}
local sent = 0

function init()
  local file = assert(io.open(os.getenv('REQUESTS_FILE'), 'rb'))
  for text in file:read('*a'):gmatch('.-\r\n\r\n') do
    requests[#requests + 1] = text
  end
  file:close()
end

function request()
  sent = sent % #requests + 1
  return requests[sent]
end
