-- Acknowledges entries of a stream that only this group reads, and deletes them; also those that were
-- acknowledged before, such as by a transaction.
-- KEYS: stream. ARGV: group, then ids.
-- Result: how many were pending.
local done = 0
for i = 2, #ARGV do
  done = done + redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end
return done
