"""leg.py - one leg of a call, and how FreeSWITCH's events and lists describe it: names and order as FreeSWITCH 1.11 has them."""

import time
import uuid

STATE_NUMBERS = {'CS_NEW': 1, 'CS_INIT': 2, 'CS_ROUTING': 3, 'CS_EXECUTE': 4, 'CS_EXCHANGE_MEDIA': 5, 'CS_PARK': 6,
                 'CS_CONSUME_MEDIA': 7, 'CS_SOFT_EXECUTE': 10, 'CS_HANGUP': 11, 'CS_REPORTING': 12}
TIMES = ('Created', 'Answered', 'Progress', 'Progress-Media', 'Hangup', 'Transfer', 'Resurrect', 'Bridged', 'Last-Hold')


def now_us():
    return time.time_ns() // 1000


def stamp(us):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(us // 1_000_000))


class Leg:
    """direction: "inbound", from a phone or a trunk, or "outbound". phone: the extension at its far end, None for a trunk."""

    def __init__(self, chance, domain, direction, phone, name, number, destination, other=None):
        self.uuid = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        self.domain, self.direction, self.phone = domain, direction, phone
        self.caller_name, self.caller_number, self.destination = name, number, destination
        self.dialed = destination  # at first; a transfer changes the other
        self.other = other
        self.originator = other.uuid if other else None
        self.call = other.call if other else self.uuid
        self.state, self.callstate, self.cause = 'CS_INIT', 'DOWN', None
        self.times = dict.fromkeys(TIMES, 0)
        self.times['Created'] = now_us()
        self.application = ('', '')
        self.variables = {}
        self.asked = None  # what somebody wants of it by the event socket

    @property
    def ended(self):
        return self.cause is not None

    @property
    def answered(self):
        return self.times['Answered'] > 0

    @property
    def presence(self):
        return f'{self.phone}@{self.domain}' if self.phone else ''

    @property
    def channel_name(self):
        if not self.phone:
            return f'sofia/external/{self.caller_number if self.direction == "inbound" else self.destination}@127.0.0.1'
        if self.direction == 'inbound':
            return f'sofia/internal/{self.phone}@{self.domain}'
        return f'sofia/internal/{self.phone}@127.0.0.1:{phone_port(self.phone)}'

    @property
    def answer_state(self):
        return 'hangup' if self.ended else 'answered' if self.answered else 'ringing'

    # ---- as headers of an event ----

    def headers(self, complete=False):
        headers = {
            'Channel-State': self.state, 'Channel-Call-State': self.callstate,
            'Channel-State-Number': str(STATE_NUMBERS[self.state]), 'Channel-Name': self.channel_name, 'Unique-ID': self.uuid,
            'Call-Direction': self.direction, 'Presence-Call-Direction': self.direction,
            'Channel-HIT-Dialplan': 'true' if self.direction == 'inbound' else 'false',
        }
        if self.presence:
            headers['Channel-Presence-ID'] = self.presence
        headers['Channel-Call-UUID'] = self.call
        headers['Answer-State'] = self.answer_state
        if self.ended:
            headers['Hangup-Cause'] = self.cause
        if self.answered:
            for side in ('Read', 'Write'):
                headers |= {f'Channel-{side}-Codec-Name': 'PCMU', f'Channel-{side}-Codec-Rate': '8000',
                            f'Channel-{side}-Codec-Bit-Rate': '64000'}
        headers |= self.profile('Caller')
        if self.other:
            headers['Other-Type'] = 'originator' if self.direction == 'outbound' else 'originatee'
            headers |= self.other.profile('Other-Leg')
        headers |= {f'variable_{name}': value for name, value in self.all_variables(complete).items()}
        return headers

    def profile(self, prefix):
        profile = {f'{prefix}-Direction': self.direction, f'{prefix}-Logical-Direction': self.direction}
        if self.direction == 'inbound' and self.phone:
            profile[f'{prefix}-Username'] = self.phone
        profile |= {
            f'{prefix}-Dialplan': 'XML', f'{prefix}-Caller-ID-Name': self.caller_name, f'{prefix}-Caller-ID-Number': self.caller_number,
            f'{prefix}-Orig-Caller-ID-Name': self.caller_name, f'{prefix}-Orig-Caller-ID-Number': self.caller_number,
            f'{prefix}-Callee-ID-Name': 'Outbound Call', f'{prefix}-Callee-ID-Number': self.destination,
            f'{prefix}-Network-Addr': '127.0.0.1', f'{prefix}-ANI': self.caller_number, f'{prefix}-Destination-Number': self.destination,
            f'{prefix}-Unique-ID': self.uuid, f'{prefix}-Source': 'mod_sofia', f'{prefix}-Context': 'default',
            f'{prefix}-Channel-Name': self.channel_name, f'{prefix}-Profile-Index': '1',
            f'{prefix}-Profile-Created-Time': str(self.times['Created']),
        }
        profile |= {f'{prefix}-Channel-{name}-Time' if name != 'Last-Hold' else f'{prefix}-Channel-Last-Hold': str(us)
                    for name, us in self.times.items()}
        return profile | {f'{prefix}-Channel-Hold-Accum': '0', f'{prefix}-Screen-Bit': 'true',
                          f'{prefix}-Privacy-Hide-Name': 'false', f'{prefix}-Privacy-Hide-Number': 'false'}

    def all_variables(self, complete):
        variables = {'direction': self.direction, 'uuid': self.uuid, 'channel_name': self.channel_name, 'call_uuid': self.call}
        if self.direction == 'inbound':
            variables |= {'sip_from_user': self.caller_number, 'sip_req_user': self.destination}
            if self.phone:
                variables |= {'sip_authorized': 'true', 'sip_auth_username': self.phone, 'user_name': self.phone,
                              'effective_caller_id_name': self.caller_name, 'accountcode': self.phone}
            variables['domain_name'] = self.domain
        elif self.phone:
            variables |= {'is_outbound': 'true', 'dialed_user': self.phone, 'dialed_domain': self.domain, 'presence_id': self.presence}
            if self.other:
                variables['originator'] = self.other.uuid
        if self.other and self.times['Bridged']:
            variables |= {'signal_bond': self.other.uuid, 'bridge_uuid': self.other.uuid}
        variables |= self.variables
        return variables | self.totals() if complete else variables

    def totals(self):
        start, answer, end = self.times['Created'], self.times['Answered'], self.times['Hangup']
        totals = {'hangup_cause': self.cause, 'hangup_cause_q850': '16', 'start_stamp': stamp(start), 'end_stamp': stamp(end),
                  'start_epoch': str(start // 1_000_000), 'start_uepoch': str(start),
                  'answer_epoch': str(answer // 1_000_000), 'answer_uepoch': str(answer),
                  'end_epoch': str(end // 1_000_000), 'end_uepoch': str(end),
                  'duration': str((end - start) // 1_000_000), 'billsec': str((end - answer) // 1_000_000 if answer else 0)}
        if answer:
            totals['answer_stamp'] = stamp(answer)
        return totals

    # ---- as a row of a list ----

    def row(self):
        created = self.times['Created']
        return {
            'uuid': self.uuid, 'direction': self.direction, 'created': stamp(created), 'created_epoch': str(created // 1_000_000),
            'name': self.channel_name, 'state': self.state, 'cid_name': self.caller_name, 'cid_num': self.caller_number,
            'ip_addr': '127.0.0.1', 'dest': self.destination, 'application': self.application[0],
            'application_data': self.application[1], 'dialplan': 'XML', 'context': 'default', 'read_codec': 'PCMU', 'read_rate': '8000',
            'read_bit_rate': '64000', 'write_codec': 'PCMU', 'write_rate': '8000', 'write_bit_rate': '64000', 'secure': '',
            'hostname': 'demo', 'presence_id': self.presence, 'presence_data': '', 'accountcode': self.phone or '',
            'callstate': self.callstate, 'callee_name': 'Outbound Call', 'callee_num': self.destination, 'callee_direction': 'SEND',
            'call_uuid': self.call, 'sent_callee_name': '', 'sent_callee_num': '', 'initial_cid_name': self.caller_name,
            'initial_cid_num': self.caller_number, 'initial_ip_addr': '127.0.0.1', 'initial_dest': self.destination,
            'initial_dialplan': 'XML', 'initial_context': 'default',
        }


def phone_port(phone):
    return 5060 + int(phone) % 1000 if phone.isdigit() else 5060
