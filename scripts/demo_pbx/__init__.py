"""demo_pbx - a small office that telephones, behind FreeSWITCH's event socket: see demo-pbx."""
