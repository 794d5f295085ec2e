-- Applies the operations of a transaction and acknowledges its message: all of it, or nothing. A
-- server that is out of memory refuses the first write and no later one.
-- KEYS: stream, then those of the operations. ARGV: group, consumer, id, delivery count, then for
-- each operation its name, how many arguments it has, and these.
-- Result: 1 committed, 0 another consumer's, -1 not pending at all, 3 something that was read has
-- changed, 4 a key holds something of another kind, 5 a field to be incremented is no number.
local owner = ownership(KEYS[1], ARGV[1], ARGV[3], ARGV[2], ARGV[4])
if owner ~= 1 then
  return owner
end
local steps = {}
local at = 5
while at <= #ARGV do
  local first, last = at + 2, at + 1 + ARGV[at + 1]
  steps[#steps + 1] = {operations[ARGV[at]], first, last}
  at = last + 1
end
for _, step in ipairs(steps) do
  local refused = step[1].check(step[2], step[3])
  if refused then
    return refused
  end
end
for _, step in ipairs(steps) do
  step[1].apply(step[2], step[3])
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
return 1
