-- Publishes one frame that is not stored.
-- KEYS: none that is written; one that decides the node
-- ARGV: channel, number of messages, body
-- Returns: receivers
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return redis.call('PUBLISH', ARGV[1], table.concat({
  '{"count":', ARGV[2], ',"timestamp":', string.format('%.0f', now), ',', ARGV[3]}))
