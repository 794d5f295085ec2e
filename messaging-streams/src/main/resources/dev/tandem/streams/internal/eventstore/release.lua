-- Lets go of a projection. KEYS: state. ARGV: holder. Result: 1 done, 0 another holds it.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  return 0
end
redis.call('HDEL', KEYS[1], 'holder', 'until', 'lease') -- takes no memory
return 1
