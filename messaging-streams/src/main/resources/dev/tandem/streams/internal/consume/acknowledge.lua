-- Acknowledges finished work, and tells whose it was.
-- KEYS: stream. ARGV: group, consumer, mark, 1 if only this group reads the stream, so that entries are
-- deleted then, and 0 if not, then id and delivery count of each.
-- Result: for each in turn 1 ours, 0 another consumer's, acknowledged all the same for the work is
-- done, -1 not pending any more, -2 not pending in what is another group of that name.
local result, ids = {}, {}
for i = 5, #ARGV, 2 do
  local owner = ownership(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1], ARGV[3])
  result[#result + 1] = owner
  if owner >= 0 then
    ids[#ids + 1] = ARGV[i]
  end
end
if #ids > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
  if ARGV[4] == '1' then
    redis.call('XDEL', KEYS[1], unpack(ids))
  end
end
return result
