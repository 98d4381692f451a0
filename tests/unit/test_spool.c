/*
 * test_spool.c - tests of store/packet.c, store/spool_files.c and store/spool_reader.c, in a directory of their own.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/spool_reader.h"
#include "suite.h"

static char place[] = "/tmp/callboard-spool-XXXXXX";
static struct spool_settings settings = {.directory = place, .size_limit = 1};
static struct spool_files files;
static struct spool_reader reader;
static struct arena arena;
static struct error error;

static void remove_all(const char *path)
{
    char name[600];
    DIR *directory = opendir(path);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)) != NULL) {
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, "aside") == 0)
            remove_all(name);
        else
            unlink(name);
    }
    if (directory)
        closedir(directory);
    rmdir(path);
}

static void begin(void)
{
    strcpy(place, "/tmp/callboard-spool-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place));
    arena_init(&arena, (size_t)64 << 20);
    CU_ASSERT_TRUE_FATAL(spool_files_open(&files, &settings, &error));
}

static void end(void)
{
    spool_files_close(&files);
    arena_free(&arena);
    remove_all(place);
}

static struct packet packet(int number)
{
    struct buffer id = buffer_in(&arena), text = buffer_in(&arena);
    buffer_format(&id, "id-%d", number);
    buffer_format(&text, "{\"n\":%d}", number);
    return (struct packet){buffer_slice(&id), SLICE_LITERAL("enigma:list"), buffer_slice(&text)};
}

static struct slice line(int number)
{
    struct packet one = packet(number);
    struct buffer text = buffer_in(&arena);
    packet_write_line(&text, &one, 1795219200000000);
    return buffer_slice(&text);
}

static void append(int first, int last)
{
    for (int i = first; i <= last; i++) {
        struct slice text = line(i);
        CU_ASSERT_EQUAL(spool_files_append(&files, &text, 1, false, &error), SPOOL_WRITTEN);
    }
}

/* Writes bytes of a stranger into the spool's newest file, or into NAME. */
static void scribble(const char *name, const char *bytes)
{
    char path[600], newest[SPOOL_NAME_LENGTH + 1];
    if (!name && spool_files_next(&files, "", newest, NULL, &error))
        name = newest;
    snprintf(path, sizeof path, "%s/%s", place, name ? name : "");
    int file = open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
    CU_ASSERT_EQUAL(write(file, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
    close(file);
}

static bool exists(const char *name)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", place, name);
    return access(path, F_OK) == 0;
}

static void open_reader(void)
{
    CU_ASSERT_TRUE_FATAL(spool_reader_open(&reader, &settings, &error));
}

/* Reads all that is there, in order FIRST to LAST, and marks it. */
static void drains(int first, int last)
{
    enum spool_reading found;
    while ((found = spool_reader_next(&reader, &error)) == SPOOL_READ_PACKETS) {
        for (size_t i = 0; i < reader.count; i++) {
            ASSERT_TEXT(reader.packets[i].text, packet(first++).text.data);
            CU_ASSERT_TRUE(spool_reader_mark(&reader, i, PACKET_DONE, &error));
        }
    }
    CU_ASSERT_EQUAL(found, SPOOL_READ_END);
    CU_ASSERT_EQUAL(first, last + 1);
}

static void test_line(void)
{
    begin();
    struct slice text = line(7);
    struct packet read;
    enum packet_state state;
    CU_ASSERT_TRUE(slice_starts(text, "wait\t"));
    CU_ASSERT_EQUAL(text.data[text.length - 1], '\n');
    text.length--;
    CU_ASSERT_TRUE(packet_read_line(text, &read, &state));
    CU_ASSERT_EQUAL(state, PACKET_WAITING);
    ASSERT_TEXT(read.id, "id-7");
    ASSERT_TEXT(read.list, "enigma:list");
    ASSERT_TEXT(read.text, "{\"n\":7}");
    /* no single changed byte goes unnoticed, but in the state */
    char copy[200];
    for (size_t i = 0; i < text.length; i++) {
        memcpy(copy, text.data, text.length);
        copy[i] ^= 1;
        CU_ASSERT_FALSE(packet_read_line(slice_of(copy, text.length), &read, &state));
        CU_ASSERT_FALSE(packet_read_line(slice_of(text.data, i), &read, &state));
    }
    memcpy(copy, text.data, text.length);
    memcpy(copy, "done", 4);
    CU_ASSERT_TRUE(packet_read_line(slice_of(copy, text.length), &read, &state));
    CU_ASSERT_EQUAL(state, PACKET_DONE);
    /* the checksum is the one that gzip and PNG use */
    struct packet check = {SLICE_LITERAL("1"), SLICE_LITERAL("l"), SLICE_LITERAL("{}")};
    struct buffer known = buffer_in(&arena);
    packet_write_line(&known, &check, 0);
    ASSERT_TEXT(buffer_slice(&known), "wait\t3291bc27\t1970-01-01T00:00:00.000000Z\t1\tl\t{}\n");
    end();
}

static void test_order(void)
{
    begin();
    CU_ASSERT_FALSE(spool_files_hold(&files));
    struct slice one = line(0);
    CU_ASSERT_EQUAL(spool_files_append(&files, &one, 1, true, &error), SPOOL_EMPTY);
    append(1, 3);
    CU_ASSERT_TRUE(spool_files_hold(&files));
    one = line(4);
    CU_ASSERT_EQUAL(spool_files_append(&files, &one, 1, true, &error), SPOOL_WRITTEN);
    open_reader();
    drains(1, 4);
    CU_ASSERT_FALSE(spool_files_hold(&files));
    CU_ASSERT_EQUAL(spool_files_append(&files, &one, 1, true, &error), SPOOL_EMPTY);
    append(5, 6); /* the file that was open is gone: a new one */
    drains(5, 6);
    spool_reader_close(&reader);
    end();
}

static void test_many(void)
{
    begin();
    struct slice texts[2500];
    for (int i = 0; i < 2500; i++)
        texts[i] = line(i);
    CU_ASSERT_EQUAL(spool_files_append(&files, texts, 2500, false, &error), SPOOL_WRITTEN);
    open_reader();
    drains(0, 2499);
    spool_reader_close(&reader);
    end();
}

/* The one that drains is killed: the next one goes on with what was not marked. */
static void test_taken_over(void)
{
    begin();
    append(1, 5);
    open_reader();
    CU_ASSERT_EQUAL(spool_reader_next(&reader, &error), SPOOL_READ_PACKETS);
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_TRUE(spool_reader_mark(&reader, i, PACKET_DONE, &error));
    static struct spool_reader other;
    CU_ASSERT_FALSE(spool_reader_open(&other, &settings, &error)); /* one at a time */
    CU_ASSERT_STRING_EQUAL(error.text, "");
    spool_reader_close(&reader);
    CU_ASSERT_TRUE(spool_files_hold(&files));
    open_reader();
    drains(4, 5);
    spool_reader_close(&reader);
    end();
}

static void test_damage(void)
{
    begin();
    append(1, 2);
    scribble(NULL, "wait\t00000000\tnonsense\n\nwait\tdead");
    append(3, 4); /* behind a torn line */
    scribble(NULL, "wait\t12345678\ttorn at the end");
    scribble("1795219200000000.spool", "nothing of ours\n");
    scribble("stranger", "nothing of ours");
    mkdir(place, 0700);
    open_reader();
    drains(1, 4);
    CU_ASSERT_EQUAL(reader.set_aside, 5);
    CU_ASSERT_TRUE(exists("aside/stranger"));
    CU_ASSERT_TRUE(exists("aside/1795219200000000.spool"));
    CU_ASSERT_FALSE(exists("holding"));
    spool_reader_close(&reader);
    end();
}

static void test_no_end_of_line(void)
{
    begin();
    char *bytes = calloc(1, 3 * PACKET_LINE_MAX);
    memset(bytes, 'x', 3 * PACKET_LINE_MAX - 1);
    scribble("0000000000000001.spool", bytes);
    free(bytes);
    settings.size_limit = 10;
    CU_ASSERT_TRUE(spool_files_open(&files, &settings, &error));
    append(1, 1);
    open_reader();
    CU_ASSERT_EQUAL(spool_reader_next(&reader, &error), SPOOL_READ_PACKETS);
    CU_ASSERT_EQUAL(reader.count, 1);
    CU_ASSERT_TRUE(spool_reader_mark(&reader, 0, PACKET_DONE, &error));
    CU_ASSERT_EQUAL(spool_reader_next(&reader, &error), SPOOL_READ_END);
    spool_reader_close(&reader);
    settings.size_limit = 1;
    end();
}

static void test_large(void)
{
    begin();
    settings.size_limit = 10;
    spool_files_close(&files);
    CU_ASSERT_TRUE(spool_files_open(&files, &settings, &error));
    struct packet large = packet(1);
    char *bytes = arena_alloc(&arena, PACKET_BYTES_MAX);
    memset(bytes, 'x', PACKET_BYTES_MAX);
    large.text = slice_of(bytes, PACKET_BYTES_MAX);
    struct buffer text = buffer_in(&arena);
    packet_write_line(&text, &large, 0);
    struct slice texts[] = {buffer_slice(&text), line(2)};
    CU_ASSERT_EQUAL(spool_files_append(&files, texts, 2, false, &error), SPOOL_WRITTEN);
    open_reader();
    CU_ASSERT_EQUAL(spool_reader_next(&reader, &error), SPOOL_READ_PACKETS);
    CU_ASSERT_EQUAL(reader.packets[0].text.length, PACKET_BYTES_MAX);
    for (size_t i = 0; i < reader.count; i++)
        CU_ASSERT_TRUE(spool_reader_mark(&reader, i, PACKET_DONE, &error));
    drains(2, reader.count == 2 ? 1 : 2);
    spool_reader_close(&reader);
    settings.size_limit = 1;
    end();
}

static void test_size_limit(void)
{
    begin();
    struct packet one = packet(1);
    char *bytes = arena_alloc(&arena, 300000);
    memset(bytes, 'x', 300000);
    one.text = slice_of(bytes, 300000);
    struct buffer text = buffer_in(&arena);
    packet_write_line(&text, &one, 0);
    struct slice texts[] = {buffer_slice(&text)};
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(spool_files_append(&files, texts, 1, false, &error), SPOOL_WRITTEN);
    CU_ASSERT_EQUAL(spool_files_append(&files, texts, 1, false, &error), SPOOL_FULL);
    struct spool_measure measure;
    CU_ASSERT_TRUE(spool_files_measure(&files, &measure, &error));
    CU_ASSERT_EQUAL(measure.files, 1);
    CU_ASSERT_TRUE(measure.bytes > 900000 && measure.bytes < 1048576);
    CU_ASSERT_TRUE(measure.oldest_us > 0);
    end();
}

SUITE("spool", {"writes and reads lines", test_line}, {"keeps the order", test_order},
      {"takes many at once", test_many}, {"is taken over", test_taken_over},
      {"sets damage aside", test_damage}, {"survives a file without lines", test_no_end_of_line},
      {"takes the largest packet", test_large}, {"is bounded", test_size_limit})
