-- Which channels were registered since a time.
-- KEYS: index
-- ARGV: that time in ms, the most names
-- Returns: the server's time in ms, names…
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
return {now, unpack(redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'LIMIT', 0, ARGV[2]))}
