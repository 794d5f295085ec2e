-- Removes a consumer, but only if nothing is pending under its name: removing it would lose that.
-- KEYS: stream. ARGV: group, consumer.
-- Result: 1 removed, 0 not.
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then
  return 0
end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
