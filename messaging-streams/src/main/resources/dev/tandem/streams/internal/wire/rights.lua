-- Whether the server would let this user write as a script is about to; joined in front of scripts that
-- must do all of several writes or none, for it refuses each by itself and takes back nothing.

-- A call of a command that changes nothing, and of the error that it gives the part that tells so. The
-- field is one that nobody has: fields are without controls.
local harmless = {
  XADD = {{'no id', 'f', 'v'}, 'Invalid stream ID'},
  XDEL = {{'0-0'}},
  XACK = {{'no group', '0-0'}},
  HSET = {{'f', 'v', 'no value'}, 'wrong number of arguments'},
  HDEL = {{'\0'}},
  HINCRBY = {{'\0', 'no number'}, 'not an integer'},
}

-- The error with which a command on a key would be refused, or nil. Servers before 7.0 are not asked
-- but tried; what takes memory should then be the first, for that may be refused at the first only.
local function refusal(command, key)
  local arguments, expected = unpack(harmless[command])
  if redis.acl_check_cmd then
    if redis.acl_check_cmd(command, key, unpack(arguments)) then
      return nil
    end
    return redis.error_reply('NOPERM this user may not call ' .. command .. ' on a key that it is needed for')
  end
  local reply = redis.pcall(command, key, unpack(arguments))
  local err = type(reply) == 'table' and reply.err
  return err and not (expected and string.find(err, expected, 1, true)) and reply or nil
end
