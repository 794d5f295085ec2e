-- Publishes one frame that is not stored.
-- KEYS: none that is written; one that decides the node
-- ARGV: channel, number of messages, body
-- Returns: receivers
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return redis.call('PUBLISH', ARGV[1],
  '{"count":' .. ARGV[2] .. ',"timestamp":' .. now .. ',' .. ARGV[3])
