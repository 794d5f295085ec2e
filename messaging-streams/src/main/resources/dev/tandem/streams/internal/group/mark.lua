-- Marks a group, once what was pending in its predecessor has been given back to it.
-- KEYS: stream. ARGV: group, a mark that no group has had.
-- Result: the group's mark, which may be another's; empty if the server is out of memory.
local mark = mark_of(KEYS[1], ARGV[1])
if mark == '' then
  redis.pcall('XGROUP', 'CREATECONSUMER', KEYS[1], ARGV[1], ARGV[2])
  mark = mark_of(KEYS[1], ARGV[1])
end
return mark
