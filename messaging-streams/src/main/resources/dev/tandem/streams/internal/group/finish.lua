-- Acknowledges entries of a stream that only this group reads, and deletes them.
-- KEYS: stream. ARGV: group, then ids.
-- Result: how many were pending.
local done = 0
for i = 2, #ARGV do
  if redis.call('XACK', KEYS[1], ARGV[1], ARGV[i]) == 1 then
    redis.call('XDEL', KEYS[1], ARGV[i])
    done = done + 1
  end
end
return done
