-- Sets the quotas of a tenant in place of those before.
-- KEYS: limits. ARGV: names and numbers in turn; none for no quotas.
redis.call('DEL', KEYS[1])
if #ARGV > 0 then
  redis.call('HSET', KEYS[1], unpack(ARGV))
end
return 1
