-- Looks through one page of a group's pending entries: takes over what its consumer has let lapse
-- (the count grows by one), or moves it to the dead letters if it was delivered too often or its data
-- is gone. Entries that wait for a retry stay; one that nothing would wake is made due. The page ends
-- early where enough has been done, so that no call takes long.
-- KEYS: stream, due, dead. ARGV: group, consumer, parked consumer, released consumer, lease in ms,
-- most deliveries, first id, page size, most entries to take, most to take, bury and make due in this
-- call, most bytes of those (one entry may be larger), 1 if some that wait are not in the sorted set,
-- whose entries to look at (empty: everybody's).
-- Result: first id of the next page (empty: none), {{id, count, fields, former consumer}…}, number of
-- dead letters, {ids whose data is gone, counted among them}, error text.
local stream, group, me, parked, released = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local lease, most, page, room = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[8]), tonumber(ARGV[9])
local acts, bytes = tonumber(ARGV[10]), tonumber(ARGV[11])
local taken, buried, lost, failure = {}, 0, {}, ''
local rows = ARGV[13] == '' and redis.call('XPENDING', stream, group, ARGV[7], '+', page)
  or redis.call('XPENDING', stream, group, ARGV[7], '+', page, ARGV[13])
local next = #rows == page and '(' .. rows[#rows][1] or ''
-- Nearly all rows are in good hands: what is done for each of them is most of what a sweep costs.
for i = 1, #rows do
  local row = rows[i]
  local id, consumer, idle = row[1], row[2], row[3]
  if acts <= 0 or bytes <= 0 then
    next = id
    break
  end
  if consumer == parked then
    local due = ARGV[12] ~= '1' or idle < lease or redis.pcall('ZSCORE', KEYS[2], id)
    if not due then
      due = redis.pcall('ZADD', KEYS[2], string.format('%.0f', now()), id)
      acts = acts - 1
    end
    if type(due) == 'table' and due.err then
      failure = due.err -- the others are looked after all the same
    end
  elseif consumer ~= me
      and (idle >= lease or consumer == released)
      and (#taken < room or row[4] >= most) then
    local count = row[4]
    local fields = fields_of(stream, id)
    acts = acts - 1
    bytes = bytes - size_of(fields or {})
    if not fields or count >= most then
      local reason = fields and 'MAX_DELIVERIES' or 'PAYLOAD_LOST'
      local refused = bury(stream, group, KEYS[3], id, reason, count, consumer, '', fields or {})
      if refused then
        failure = refused.err
      else
        buried = buried + 1
        if not fields then
          lost[#lost + 1] = id
        end
      end
    elseif #taken < room then
      redis.call('XCLAIM', stream, group, me, 0, id)
      taken[#taken + 1] = {id, count + 1, fields, consumer}
    end
  end
end
return {next, taken, buried, lost, failure}
