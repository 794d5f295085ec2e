-- Whether a tenant may have a channel in its index: a function only, to be joined in front of what calls it.

-- True if it is there already, has a place kept for it, or there is room for it beside those that are there, those
-- that have a place kept, and so many others.
local function has_channel_room(index, kept, name, most, others)
  if redis.call('ZSCORE', index, name) then
    return true
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  redis.call('ZREMRANGEBYSCORE', kept, '-inf', string.format('%.0f', now))
  if redis.call('ZSCORE', kept, name) then
    return true
  end
  for _, begun in ipairs(redis.call('ZRANGE', kept, 0, 127)) do
    if redis.call('ZSCORE', index, begun) then
      redis.call('ZREM', kept, begun)
    end
  end
  return redis.call('ZCARD', index) + redis.call('ZCARD', kept) + others < most
end
