-- Asks for REQUEST_URI, each time with another well-formed key that nobody was given: `pky_`, 32
-- random base62 characters, and their CRC-32 in 6 more.

dofile('report.lua')

local bit = require('bit')

local BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
local BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

local crc_table = {}
for byte = 0, 255 do
  local crc = byte
  for _ = 1, 8 do
    local carry = bit.band(crc, 1)
    crc = bit.rshift(crc, 1)
    if carry == 1 then crc = bit.bxor(crc, 0xEDB88320) end
  end
  crc_table[byte] = crc
end

-- Two characters of base64 for each 12 bits.
local pairs64 = {}
for bits = 0, 4095 do
  local high, low = bit.rshift(bits, 6) + 1, bit.band(bits, 63) + 1
  pairs64[bits] = BASE64:sub(high, high) .. BASE64:sub(low, low)
end

local base62_bytes = { BASE62:byte(1, 62) }
local key = {} -- the 38 bytes after `pky_`
local encoded = {} -- their base64, in pieces

local function make_key()
  local crc = 0xFFFFFFFF
  for i = 1, 32 do
    local byte = base62_bytes[math.random(62)]
    key[i] = byte
    crc = bit.bxor(bit.rshift(crc, 8), crc_table[bit.band(bit.bxor(crc, byte), 0xFF)])
  end
  local checksum = bit.bnot(crc) % 4294967296
  for i = 38, 33, -1 do
    key[i] = base62_bytes[checksum % 62 + 1]
    checksum = math.floor(checksum / 62)
  end
end

-- `subscriber:pky_` is 15 bytes, so its base64 ends where that of the rest begins.
local function authorization()
  make_key()
  local pieces = 0
  for i = 1, 36, 3 do
    local bits = key[i] * 65536 + key[i + 1] * 256 + key[i + 2]
    encoded[pieces + 1] = pairs64[bit.rshift(bits, 12)]
    encoded[pieces + 2] = pairs64[bit.band(bits, 4095)]
    pieces = pieces + 2
  end
  local bits = key[37] * 65536 + key[38] * 256
  local last = bit.band(bit.rshift(bits, 6), 63) + 1
  encoded[pieces + 1] = pairs64[bit.rshift(bits, 12)]
  encoded[pieces + 2] = BASE64:sub(last, last) .. '='
  return 'c3Vic2NyaWJlcjpwa3lf' .. table.concat(encoded, '', 1, pieces + 2)
end

local before = 'GET /auth HTTP/1.1\r\nHost: packyard\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: '
  .. os.getenv('REQUEST_URI') .. '\r\nAuthorization: Basic '

function init()
  math.randomseed(os.time())
end

function request()
  return before .. authorization() .. '\r\n\r\n'
end
