"""commands.py - api commands that touch a leg, answered as mod_commands answers them: uuid_kill, uuid_park, uuid_transfer, uuid_setvar,
uuid_exists. What was asked is left at the leg; its call (call.py) does it within a tenth of a second."""

TRANSFER_USAGE = '-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n'
SETVAR_USAGE = '-USAGE: <uuid> <var> [value]\n'


def inline_applications(text):
    """[(application, arguments)] of a destination of the dialplan "inline": set:a=b,eavesdrop:1234."""
    return [(name, data) for name, _, data in (step.partition(':') for step in text.split(','))]


def kill(leg, words):
    leg.asked = ('kill', words[0] if words else 'NORMAL_CLEARING')
    return '+OK\n'


def park(leg, words):
    leg.asked = ('park', None)
    return '+OK\n'


def transfer(leg, words):
    whose = words.pop(0) if words and words[0] in ('-bleg', '-both') else ''
    if not words:
        return TRANSFER_USAGE
    if whose == '-bleg':
        if not leg.other:
            return '+OK\n'  # as FreeSWITCH, which then has transferred nobody
        leg = leg.other
    inline = words[1:] == ['inline']
    leg.asked = ('inline', inline_applications(words[0])) if inline else ('transfer', words[0])
    return '+OK\n'


def setvar(leg, words):
    if not words:
        return SETVAR_USAGE
    if len(words) > 1:
        leg.variables[words[0]] = ' '.join(words[1:])
    else:
        leg.variables.pop(words[0], None)
    return '+OK\n'


COMMANDS = {'uuid_kill': kill, 'uuid_park': park, 'uuid_transfer': transfer, 'uuid_setvar': setvar}


def run(legs, name, words):
    """The answer to the command NAME with WORDS, or None: there is no such command. LEGS are those of now, by their uuid."""
    leg = legs.get(words[0]) if words else None
    if name == 'uuid_exists':
        return 'true' if leg else 'false'
    if name not in COMMANDS:
        return None
    if not words:
        return TRANSFER_USAGE if name == 'uuid_transfer' else SETVAR_USAGE if name == 'uuid_setvar' else '-USAGE: <uuid>\n'
    return COMMANDS[name](leg, words[1:]) if leg else '-ERR No such channel!\n'
