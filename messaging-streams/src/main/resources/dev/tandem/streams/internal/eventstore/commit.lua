-- Moves a projection past an event, and changes its view with it; all or nothing: what could be
-- refused is looked at before the first write.
-- KEYS: state, view. ARGV: holder, position before, position after, then for each change its kind
-- (set, add, remove), field and value.
-- Result: {1} done now or before, {0} another holds it, {2, field} that cannot be added to.
local move_is = may_move(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
if move_is ~= 1 then
  return {move_is == 2 and 1 or 0}
end
if #ARGV > 3 then
  redis.call('HLEN', KEYS[2]) -- an error here and now if it is no hash
end
for i = 4, #ARGV, 3 do
  if ARGV[i] == 'add' then
    local value = redis.call('HGET', KEYS[2], ARGV[i + 1])
    if value and (#value > 18 or not (value == '0' or string.find(value, '^%-?[1-9]%d*$'))) then
      return {2, ARGV[i + 1]}
    end
  end
end
move(KEYS[1], ARGV[3])
for i = 4, #ARGV, 3 do
  if ARGV[i] == 'set' then
    redis.call('HSET', KEYS[2], ARGV[i + 1], ARGV[i + 2])
  elseif ARGV[i] == 'add' then
    redis.call('HINCRBY', KEYS[2], ARGV[i + 1], ARGV[i + 2])
  else
    redis.call('HDEL', KEYS[2], ARGV[i + 1])
  end
end
return {1}
