/*
 * test_handover.c - tests of fcgi/handover.c.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "fcgi/handover.h"
#include "suite.h"

static void test_connection(void)
{
    struct handover handover;
    struct error error;
    int ends[2];
    char text[8] = "";
    CU_ASSERT_TRUE_FATAL(handover_open(&handover, &error));
    CU_ASSERT_EQUAL(handover_take(&handover), -1);
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    CU_ASSERT_EQUAL(write(ends[0], "before", 6), 6);
    CU_ASSERT_TRUE(handover_give(&handover, ends[1]));
    close(ends[1]);
    CU_ASSERT_EQUAL(write(ends[0], "!", 1), 1); /* the connection has not ended meanwhile */
    int taken = handover_take(&handover);
    CU_ASSERT_TRUE_FATAL(taken >= 0);
    CU_ASSERT_EQUAL(read(taken, text, sizeof text), 7);
    CU_ASSERT_STRING_EQUAL(text, "before!");
    CU_ASSERT_EQUAL(handover_take(&handover), -1);
    close(taken);
    close(ends[0]);
    close(handover.give);
    close(handover.take);
}

static void test_full(void)
{
    struct handover handover;
    struct error error;
    int given = 0, taken = 0, descriptor;
    CU_ASSERT_TRUE_FATAL(handover_open(&handover, &error));
    while (given < 100000 && handover_give(&handover, STDIN_FILENO))
        given++;
    CU_ASSERT_TRUE(given > 1 && given < 100000);
    while ((descriptor = handover_take(&handover)) >= 0) {
        taken++;
        close(descriptor);
    }
    CU_ASSERT_EQUAL(taken, given);
    close(handover.give);
    CU_ASSERT_EQUAL(handover_take(&handover), -1);
    close(handover.take);
}

SUITE("handover", {"passes a connection on with what stands in it", test_connection},
      {"says when there are too many", test_full})
