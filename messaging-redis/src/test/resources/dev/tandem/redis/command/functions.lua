-- Adds to a counter and to a list, so that a test sees how often and in which order calls ran.
local function increment(key, label)
  redis.call('RPUSH', key .. ':log', label)
  return redis.call('INCR', key)
end
