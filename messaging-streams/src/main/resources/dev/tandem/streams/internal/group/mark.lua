-- Marks a group, once what was pending in its predecessor has been given back to it, if it is still the
-- one it was given back to.
-- KEYS: stream, account. ARGV: group, a mark that no group has had, the mark it is known by so far
-- (empty: none), 1 if everything that a member of its predecessor knew of was given back, what the
-- names in the account begin with.
-- Result: 0 if it is another group by now, or somebody who knows more has begun to give that back, 1 if
-- not; its mark, empty if the server is out of memory.
local stream, group, account = KEYS[1], ARGV[1], KEYS[2]
local note = ARGV[5] .. 'restoring:' .. group
local mark = mark_of(stream, group)
if mark ~= ARGV[3] and mark ~= ARGV[2] or ARGV[4] ~= '1' and noted(account, note) ~= '' then
  return {0, mark}
end
if mark == '' then
  redis.pcall('XGROUP', 'CREATECONSUMER', stream, group, ARGV[2])
  mark = mark_of(stream, group)
end
if mark ~= '' and ARGV[4] == '1' then
  redis.pcall(
    'HSET', account, ARGV[5] .. 'mark:' .. group, mark, ARGV[5] .. 'restored:' .. group, mark)
  note_loss(account, ARGV[5])
elseif mark ~= '' then
  redis.pcall('HSETNX', account, ARGV[5] .. 'mark:' .. group, mark)
end
if ARGV[4] == '1' then redis.pcall('HDEL', account, note) end
return {1, mark}
