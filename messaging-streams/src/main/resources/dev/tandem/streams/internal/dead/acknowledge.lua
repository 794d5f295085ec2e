-- Acknowledges entries of a replay stream and deletes them there: no other group reads it.
-- KEYS: replay stream. ARGV: group, then ids. Result: how many were pending.
local acknowledged = redis.call('XACK', KEYS[1], unpack(ARGV))
redis.call('XDEL', KEYS[1], unpack(ARGV, 2))
return acknowledged
