-- The nginx-lua peer of the cache bench: GET /cticache/DNIS-ANI/<dnis>:<ani> inside nginx.
local json = require "cjson.safe"
local redis = require "redis_socket"

local function answer(status, body)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json; charset=utf-8"
    ngx.header["Content-Length"] = #body
    ngx.print(body)
end

local key = ngx.re.match(ngx.var.uri, [[^/cticache/DNIS-ANI/([0-9A-Za-z+*#._-]{1,64}:[0-9A-Za-z+*#._-]{1,64})$]], "jo")
if not key then
    return answer(400, '{"error":"not <dnis>:<ani>"}')
end

local value, err = redis.bulk(ngx.var.redis, "GET", "cticache:" .. key[1])
if value == nil then
    ngx.log(ngx.ERR, "redis: ", err)
    return answer(503, '{"error":"storage is away"}')
elseif not value then
    return answer(404, '{"error":"no such entry"}')
end

-- The stored text goes out as it is, but nothing that is not JSON may break the document.
if json.decode(value) == nil then
    return answer(500, '{"error":"the stored value is not JSON"}')
end
local body = '{"value":' .. value .. '}'
local etag = 'W/"' .. ngx.crc32_long(body) .. '"'
ngx.header["ETag"] = etag
if ngx.var.http_if_none_match == etag then
    ngx.status = 304
    return
end
answer(200, body)
