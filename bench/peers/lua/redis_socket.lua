-- One Redis command over nginx's own sockets, from a pool that nginx keeps: the few lines of the
-- protocol that the peers need, because Debian packages no Redis client for nginx-lua.
local M = {}

local POOL = { pool = "redis", pool_size = 1024 }
local IDLE_MS = 60000

local function read_bulk(socket)
    local line, err = socket:receive()
    if not line then
        return nil, err
    end
    local kind, rest = line:sub(1, 1), line:sub(2)
    if kind ~= "$" then
        return nil, rest
    end
    local length = tonumber(rest)
    if length < 0 then
        return false
    end
    local text
    text, err = socket:receive(length + 2)
    if not text then
        return nil, err
    end
    return text:sub(1, length)
end

-- A command whose reply is a bulk string, from its words: the string; false when there is none;
-- nil and the error when Redis is away or refuses.
function M.bulk(address, ...)
    local socket = ngx.socket.tcp()
    local ok, err = socket:connect(address, POOL)
    if not ok then
        return nil, err
    end
    local words = { ... }
    local wire = { "*", #words, "\r\n" }
    for _, word in ipairs(words) do
        wire[#wire + 1] = "$" .. #word .. "\r\n" .. word .. "\r\n"
    end
    ok, err = socket:send(wire)
    local reply
    if ok then
        reply, err = read_bulk(socket)
    end
    if reply == nil then
        socket:close()
        return nil, err
    end
    socket:setkeepalive(IDLE_MS)
    return reply
end

return M
