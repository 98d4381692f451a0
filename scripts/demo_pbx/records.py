"""records.py - reports of finished legs, posted to callboard as FreeSWITCH's mod_json_cdr does."""

import asyncio
import base64
import json
import urllib.error
import urllib.request

PATIENCE_S = 5


def record(leg, core):
    """The report of LEG, which has ended."""
    variables = leg.all_variables(complete=True)
    if leg.direction == 'outbound' and leg.originator:
        variables['originating_leg_uuid'] = leg.originator
    profile = {'username': leg.phone or '', 'dialplan': 'XML', 'caller_id_name': leg.caller_name, 'ani': leg.caller_number,
               'caller_id_number': leg.caller_number, 'network_addr': '127.0.0.1', 'destination_number': leg.dialed, 'uuid': leg.uuid,
               'source': 'mod_sofia', 'context': 'default', 'chan_name': leg.channel_name}
    return {'core-uuid': core, 'switchname': 'demo', 'channel_data': {'state': leg.state, 'direction': leg.direction},
            'variables': variables, 'callflow': [{'dialplan': 'XML', 'profile_index': '1', 'caller_profile': profile}]}


class Records:
    """Posts to URL with LOGIN ("user:password"), one after the other; what cannot be posted is said on standard output and forgotten."""

    def __init__(self, url, login):
        self.url = url
        self.authorization = 'Basic ' + base64.b64encode(login.encode()).decode()
        self.waiting = asyncio.Queue(1000)

    def add(self, report):
        try:
            self.waiting.put_nowait(report)
        except asyncio.QueueFull:
            print('demo-pbx: a report of a call is lost, as too many wait', flush=True)

    async def post_all(self):
        while True:
            report = await self.waiting.get()
            try:
                await asyncio.to_thread(self.post, json.dumps(report).encode())
            except (OSError, urllib.error.URLError) as error:
                print(f'demo-pbx: a report of a call could not be posted: {error}', flush=True)

    def post(self, body):
        headers = {'Content-Type': 'application/json', 'Authorization': self.authorization}
        with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=PATIENCE_S):
            pass
