-- Prolongs the lease of a projection's holder.
-- KEYS: state, category. ARGV: holder, lease in ms. Result: {1, events not handled yet}, or {0} if
-- another holds it.
local values = redis.call('HMGET', KEYS[1], 'holder', 'handled')
if values[1] ~= ARGV[1] then
  return {0}
end
redis.call('HSET', KEYS[1], 'until', text(now() + ARGV[2]), 'lease', ARGV[2])
local behind = redis.call('XLEN', KEYS[2]) - (tonumber(values[2] or '0') or 0)
return {1, math.max(0, behind)}
