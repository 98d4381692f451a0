#!/usr/bin/perl
# phonecalls.pl URL CA MASTER.CSV - records the calls of a Master.csv as cron jobs in Perl do: LWP with keep-alive, one
# request at a time. The token is in the environment, PHONECALLS_TOKEN. Prints how many were recorded in how many seconds.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use LWP::UserAgent;
use Time::HiRes qw(time);
use URI;

my ($base, $ca, $file) = @ARGV;
my $agent = LWP::UserAgent->new(keep_alive => 1, ssl_opts => {SSL_ca_file => $ca});
my $begin = time;
my $recorded = 0;

open my $calls, '<', $file or die "$file: $!\n";
while (my $line = <$calls>) {
    chomp $line;
    my @fields = map { s/^"|"$//gr } split /,/, $line;
    my ($src, $dst, $channel, $start, $duration) = @fields[1, 2, 5, 9, 12];
    next if length $dst < 7;
    $dst =~ s/^9//;
    $dst = "0212$dst" if length $dst == 7;
    (my $initiated = $start) =~ s/^(\S+) (\S+)$/$1T$2Z/;
    my $url = URI->new("$base/direct/items/phonecalls/create");
    $url->query_form(
        token       => $ENV{PHONECALLS_TOKEN},
        initiated   => $initiated,
        source      => $src,
        destination => $dst,
        duration    => $duration,
        url         => "http://pbx.example.com/rec/$channel",
    );
    my $response = $agent->get($url);
    my $answer = $response->is_success ? decode_json($response->content) : {error => 1};
    die $response->status_line, ': ', $response->content, "\n" if $answer->{error};
    $recorded++;
}
printf "%d %.3f\n", $recorded, time - $begin;
