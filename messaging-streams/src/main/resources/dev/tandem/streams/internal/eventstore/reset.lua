-- Sends a projection back to the beginning, without its view; who holds it holds it no longer.
-- KEYS: state, view, skipped. Result: 1.
local token = (tonumber(redis.call('HGET', KEYS[1], 'token') or '0') or 0) + 1
redis.call('UNLINK', KEYS[2], KEYS[3]) -- first: takes no memory, and what follows is then let through
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', text(token), 'position', '0-0', 'handled', '0')
return 1
