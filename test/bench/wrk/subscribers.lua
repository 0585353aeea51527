-- As requests.lua; with MEAN_PAUSE, each connection waits a random time of that mean (in milliseconds)
-- before its next request, so that they do not all ask at once.

dofile('requests.lua')

local mean = tonumber(os.getenv('MEAN_PAUSE'))
if mean then
  function delay()
    return math.random(0, 2 * mean)
  end
end
