-- Takes a projection over if nobody holds it.
-- KEYS: state. ARGV: holder, lease in ms.
-- Result: {token, position} or {0, ms until the present holder's lease runs out}.
local values = redis.call('HMGET', KEYS[1], 'holder', 'until', 'token', 'position', 'lease')
local time = now()
local rest = rest_of(time, values[2], values[5])
if values[1] and values[1] ~= '' and values[1] ~= ARGV[1] and rest > 0 then
  return {'0', text(rest)}
end
local token = text((tonumber(values[3] or '0') or 0) + 1)
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'token', token, 'until', text(time + ARGV[2]),
  'lease', ARGV[2])
return {token, values[4] or '0-0'}
