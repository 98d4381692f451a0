-- The nginx-lua peer of the directory bench: POST /directory as FreeSWITCH sends it, the record out of Redis, and the
-- document that our pool writes of it.
local json = require "cjson.safe"
local redis = require "redis_socket"

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }
local NOT_FOUND = '<document type="freeswitch/xml">\n<section name="result">\n<result status="not found"/>\n</section>\n</document>\n'
local DIAL = "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
    .. "${sofia_contact(*/${dialed_user}@${dialed_domain})}"

local function answer(status, body)
    ngx.status = status
    ngx.header["Content-Type"] = "text/xml; charset=utf-8"
    ngx.header["Content-Length"] = #body
    ngx.print(body)
end

local function encoded(value)
    return (ngx.re.gsub(tostring(value), [=[[&<>"']]=], function(found) return ENTITIES[found[0]] end, "jo"))
end

local function add(out, element, object)
    out[#out + 1] = "<" .. element .. "s>\n"
    for name, value in pairs(object or {}) do
        if value ~= "" then
            out[#out + 1] = "<" .. element .. ' name="' .. encoded(name) .. '" value="' .. encoded(value) .. '"/>\n'
        end
    end
    out[#out + 1] = "</" .. element .. "s>\n"
end

ngx.req.read_body()
local form = ngx.req.get_post_args(200)
if form.section ~= "directory" or not form.user or not form.domain then
    return answer(200, NOT_FOUND)
end
local stored, err = redis.bulk(ngx.var.redis, "HGET", "cti_exten@" .. form.domain, form.user)
if stored == nil then
    ngx.log(ngx.ERR, "redis: ", err)
    return answer(503, NOT_FOUND)
end
local record = stored and json.decode(stored)
if not record then
    return answer(200, NOT_FOUND)
end
local out = { '<document type="freeswitch/xml">\n<section name="directory">\n<domain name="', encoded(form.domain), '">\n' }
add(out, "param", { ["dial-string"] = DIAL })
out[#out + 1] = '<users>\n<user id="' .. encoded(form.user) .. '"'
for name, value in pairs(record.attribute or {}) do
    out[#out + 1] = " " .. name .. '="' .. encoded(value) .. '"'
end
out[#out + 1] = ">\n"
add(out, "param", record.param)
add(out, "variable", record.variable)
out[#out + 1] = "</user>\n</users>\n</domain>\n</section>\n</document>\n"
answer(200, table.concat(out))
