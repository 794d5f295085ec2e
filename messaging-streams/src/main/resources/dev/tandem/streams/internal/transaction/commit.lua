-- Applies the operations of a transaction and acknowledges its message: all of it, or nothing. A
-- server that is out of memory refuses the first write and no later one; what else could be refused is
-- looked at before, save that an output's ids are used up, after which the outputs are taken back.
-- KEYS: stream, then those of the operations. ARGV: group, consumer, id, delivery count, mark, 1 if only
-- this group reads the stream, so that the entry is deleted then, and 0 if not, then for each operation
-- its name, how many arguments it has, and these.
-- Result: 1 committed, 0 another consumer's, -1 not pending any more, -2 not pending in what is
-- another group of that name, 3 something that was read has changed, 4 a key holds something of another kind, 5 a field to be incremented is no number;
-- or {6, number of the room operation, length} if a stream has no room for the outputs.
local owner = ownership(KEYS[1], ARGV[1], ARGV[3], ARGV[2], ARGV[4], ARGV[5])
if owner ~= 1 then
  return owner
end
local steps, checked = {}, {}

-- The error with which a command would be refused on a key; each is asked for once.
local function first_refusal(command, key)
  local call = command .. ' ' .. key
  local known = checked[call]
  checked[call] = true
  return not known and refusal(command, key) or nil
end

-- Takes back outputs, latest first, and the streams that were made for them; before that, what is to be
-- taken back besides.
local function take_back()
  for _, step in ipairs(steps) do
    if step[1].take_back then
      step[1].take_back(step[2])
    end
  end
  for i = #outputs, 1, -1 do
    local output = outputs[i]
    redis.pcall('XDEL', output.key, output.id)
    if output.is_new then
      redis.pcall('DEL', output.key)
    end
  end
end

local at = 7
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
local sent, revocable = {}, 0
for _, step in ipairs(steps) do
  local command, key = step[1].command, key_at(step[2])
  local refused = command and first_refusal(command, key)
  if refused then
    return refused
  end
  sent[#sent + 1] = command == 'XADD' and key or nil
  revocable = revocable + (step[1].take_back and 1 or 0)
end
for i = 1, #sent + revocable > 1 and #sent or 0 do
  local refused = first_refusal('XDEL', sent[i])
  if refused then
    return refused
  end
end
local refused = first_refusal('XACK', KEYS[1])
  or ARGV[6] == '1' and first_refusal('XDEL', KEYS[1])
if refused then
  return refused
end

for _, step in ipairs(steps) do -- outputs come before changes of state
  local is_output = step[1].command == 'XADD'
  local key = key_at(step[2])
  local is_new = is_output and redis.call('EXISTS', key) == 0
  local reply = step[1].apply(step[2], step[3])
  if type(reply) == 'table' and reply.err then
    take_back()
    return reply
  end
  if is_output then
    outputs[#outputs + 1] = {key = key, id = reply, is_new = is_new}
  end
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
if ARGV[6] == '1' then
  redis.call('XDEL', KEYS[1], ARGV[3])
end
return 1
