-- Acknowledges finished work, and tells whose it was.
-- KEYS: stream, told, account. ARGV: group, consumer, mark, 1 if only this group reads the stream, so that
-- entries are deleted then, and 0 if not, what the names in the account begin with, then id and delivery
-- count of each.
-- Result: for each in turn 1 ours, 0 another consumer's, acknowledged all the same for the work is
-- done, or reported lost by another after the group was lost with its data, -1 not pending any more, -2 not pending in what is another group of that name.
local result, ids, is_fresh = {}, {}, nil
for i = 6, #ARGV, 2 do
  local owner = ownership(KEYS[1], ARGV[1], ARGV[i], ARGV[2], ARGV[i + 1], ARGV[3])
  if owner >= 0 then
    ids[#ids + 1] = ARGV[i]
  else
    if is_fresh == nil then
      is_fresh = is_loss_fresh(KEYS[1], ARGV[1], KEYS[3], ARGV[5], ARGV[3])
    end
    if not settle(KEYS[1], KEYS[2], ARGV[i], ARGV[2], is_fresh) then owner = 0 end
  end
  result[#result + 1] = owner
end
if #ids > 0 then
  redis.call('XACK', KEYS[1], ARGV[1], unpack(ids))
  if ARGV[4] == '1' then
    redis.call('XDEL', KEYS[1], unpack(ids))
  end
end
return result
