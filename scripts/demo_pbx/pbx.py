"""pbx.py - the PBX: its legs and phones, the events of what happens to them, its lists and commands."""

import json
import time
import uuid

from . import commands, records
from .leg import Leg, now_us, phone_port, stamp


class Pbx:
    def __init__(self, domain, chance):
        self.domain, self.chance = domain, chance
        self.legs, self.phones = {}, {}
        self.listeners = set()
        self.core = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.sequence = 0
        self.started = time.monotonic()
        self.records = None  # records.Records, when reports of calls are wanted

    # ---- events ----

    def emit(self, name, leg=None, first=None, last=None, subclass=None, complete=False):
        self.sequence += 1
        us = now_us()
        event = {'Event-Subclass': subclass} if subclass else {}
        event |= {
            'Event-Name': name, 'Core-UUID': self.core, 'FreeSWITCH-Hostname': 'demo', 'FreeSWITCH-Switchname': 'demo',
            'FreeSWITCH-IPv4': '127.0.0.1', 'FreeSWITCH-IPv6': '::1', 'Event-Date-Local': stamp(us),
            'Event-Date-GMT': time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(us // 1_000_000)),
            'Event-Date-Timestamp': str(us), 'Event-Calling-File': 'demo-pbx', 'Event-Calling-Function': 'emit',
            'Event-Calling-Line-Number': '1', 'Event-Sequence': str(self.sequence),
        }
        event |= first or {}
        if leg:
            event |= leg.headers(complete)
        event |= last or {}
        for listener in list(self.listeners):
            listener.hear(subclass or name, event)

    # ---- a leg's life ----

    def create(self, *arguments, **more):
        leg = Leg(self.chance, self.domain, *arguments, **more)
        self.legs[leg.uuid] = leg
        if leg.other and not leg.other.other:
            leg.other.other = leg
        self.emit('CHANNEL_CREATE', leg)
        if leg.other:
            self.emit('CHANNEL_ORIGINATE', leg)
            leg.state = 'CS_CONSUME_MEDIA'
        else:
            leg.state = 'CS_EXECUTE'
            self.callstate(leg, 'RINGING')
        return leg

    def callstate(self, leg, state):
        before, leg.callstate = leg.callstate, state
        self.emit('CHANNEL_CALLSTATE', leg, first={'Original-Channel-Call-State': before})

    def progress(self, leg):
        leg.times['Progress'] = now_us()
        self.emit('CHANNEL_PROGRESS', leg)
        self.callstate(leg, 'RINGING')

    def answer(self, leg):
        if leg.answered:
            return
        leg.times['Answered'] = now_us()
        self.emit('CHANNEL_ANSWER', leg)
        self.callstate(leg, 'ACTIVE')

    def execute(self, leg, application, data=''):
        leg.application = (application, data)
        self.emit('CHANNEL_EXECUTE', leg, last={'Application': application, 'Application-Data': data})

    def executed(self, leg):
        application, data = leg.application
        leg.application = ('', '')
        if application:
            self.emit('CHANNEL_EXECUTE_COMPLETE', leg,
                      last={'Application': application, 'Application-Data': data, 'Application-Response': '_none_'})

    def bridge(self, a, b):
        a.other, b.other = b, a
        a.times['Bridged'] = b.times['Bridged'] = now_us()
        b.state, b.call = 'CS_EXCHANGE_MEDIA', a.call
        self.emit('CHANNEL_BRIDGE', a, first={'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid})

    def unbridge(self, a, b):
        self.emit('CHANNEL_UNBRIDGE', a, first={'Bridge-A-Unique-ID': a.uuid, 'Bridge-B-Unique-ID': b.uuid})
        a.times['Bridged'] = b.times['Bridged'] = 0
        a.other = b.other = None

    def park(self, leg):
        leg.state = 'CS_PARK'
        self.emit('CHANNEL_PARK', leg)

    def unpark(self, leg):
        leg.state = 'CS_EXECUTE'
        self.emit('CHANNEL_UNPARK', leg)

    def hold(self, leg, held):
        leg.times['Last-Hold'] = now_us() if held else 0
        self.callstate(leg, 'HELD' if held else 'UNHELD')
        if not held:
            self.callstate(leg, 'ACTIVE')
        self.emit('CHANNEL_HOLD' if held else 'CHANNEL_UNHOLD', leg)

    def hang_up(self, *legs, cause='NORMAL_CLEARING'):
        """Ends LEGS, in the order in which FreeSWITCH does: all hang up, the bridge goes, then the made leg, then the caller's."""
        legs = [leg for leg in legs if leg and not leg.ended]
        for leg in legs:
            leg.cause, leg.times['Hangup'] = cause, now_us()
            self.emit('CHANNEL_HANGUP', leg)
            self.callstate(leg, 'HANGUP')
            leg.state = 'CS_REPORTING'
        if len(legs) == 2 and legs[0].times['Bridged']:
            self.emit('CHANNEL_UNBRIDGE', legs[0], first={'Bridge-A-Unique-ID': legs[0].uuid, 'Bridge-B-Unique-ID': legs[1].uuid})
        for leg in sorted(legs, key=lambda leg: leg.direction == 'inbound'):
            self.emit('CHANNEL_HANGUP_COMPLETE', leg, first={'Hangup-Cause': cause}, complete=True)
            if self.records:
                self.records.add(records.record(leg, self.core))
            self.emit('CHANNEL_DESTROY', leg)
            del self.legs[leg.uuid]

    # ---- phones ----

    def register(self, phone):
        call_id = self.phones.get(phone) or f'{self.chance.getrandbits(64):016x}@127.0.0.1'
        self.phones[phone] = call_id
        self.emit('CUSTOM', subclass='sofia::register', last=self.registration(phone, call_id) | {'expires': '3600', 'status': 'Registered(UDP)'})

    def unregister(self, phone):
        call_id = self.phones.pop(phone)
        self.emit('CUSTOM', subclass='sofia::unregister', last=self.registration(phone, call_id) | {'expires': '0'})

    def registration(self, phone, call_id):
        return {
            'profile-name': 'internal', 'from-user': phone, 'from-host': self.domain, 'presence-hosts': f'{self.domain},127.0.0.1',
            'contact': f'"" <sip:{phone}@127.0.0.1:{phone_port(phone)}>', 'call-id': call_id, 'rpid': 'unknown', 'to-user': phone,
            'to-host': self.domain, 'network-ip': '127.0.0.1', 'network-port': str(phone_port(phone)), 'username': phone,
            'realm': self.domain, 'user-agent': 'demo-pbx/1.0', 'user_name': phone, 'domain_name': self.domain,
        }

    # ---- lists ----

    def show(self, what):
        rows = {'registrations': self.show_registrations, 'channels': self.show_channels, 'calls': self.show_calls}
        if what not in rows:
            return '-USAGE: show registrations|channels|calls as json\n'
        found = rows[what]()
        return json.dumps({'row_count': len(found)} | ({'rows': found} if found else {}), separators=(',', ':'))

    def show_registrations(self):
        return [{'reg_user': phone, 'realm': self.domain, 'token': call_id,
                 'url': f'sofia/internal/sip:{phone}@127.0.0.1:{phone_port(phone)}', 'expires': str(int(time.time()) + 3600),
                 'network_ip': '127.0.0.1', 'network_port': str(phone_port(phone)), 'network_proto': 'udp', 'hostname': 'demo',
                 'metadata': ''} for phone, call_id in self.phones.items()]

    def show_channels(self):
        return [leg.row() for leg in self.legs.values()]

    def show_calls(self):
        calls = []
        for leg in self.legs.values():
            if leg.times['Bridged'] and leg.other and leg.direction == 'inbound':
                row = {name: value for name, value in leg.row().items() if not name.startswith(('read_', 'write_', 'initial_'))}
                row |= {f'b_{name}': value for name, value in leg.other.row().items()}
                calls.append(row | {'call_created_epoch': row['created_epoch']})
        return calls

    # ---- commands ----

    def api(self, line):
        """The answer to the command LINE."""
        name, *arguments = line.split()
        if name == 'show' and arguments[1:] == ['as', 'json']:
            return self.show(arguments[0])
        if name == 'uptime':
            return str(int(time.monotonic() - self.started))
        if name == 'xml_flush_cache':
            return '+OK cleared 0 entries\n'
        answer = commands.run(self.legs, name, arguments)
        return answer if answer is not None else f'-ERR {name} Command not found!\n'
