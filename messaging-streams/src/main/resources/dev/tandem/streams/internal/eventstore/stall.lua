-- Writes down the event that a projection has stopped at, and lets go of it.
-- KEYS: state. ARGV: holder, position, aggregate, version, error.
-- Result: 1 done, 0 another holds it.
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'failed_position', ARGV[2], 'failed_aggregate', ARGV[3],
  'failed_version', ARGV[4], 'error', ARGV[5], 'failed_at', text(now()), 'holder', '', 'until', '0')
return 1
