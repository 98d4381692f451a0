/*
 * cdr_odbc.c - call detail records from the table that Asterisk's cdr_odbc, cdr_adaptive_odbc, cdr_mysql or cdr_pgsql
 * writes, through ODBC.
 *
 * The table is read in the order of calldate, a page at a time. A page that is full may end in the middle of a second;
 * the calls of its last second are left to the next page, which begins there. So each row is handed out once, with
 * nothing but LIMIT, which all these databases have.
 */
#include "feeds/cdr.h"

#include "base/buffer.h"

#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>

/* Most calls of one second, and bytes of one page. */
#define PAGE_ROWS_MAX  1000000
#define PAGE_BYTES_MAX ((size_t)512 << 20)

/* Longer than Asterisk's columns. What does not fit is cut, and still too long to be taken for a number. */
#define COLUMN_BYTES 512

enum {
    COLUMN_CALLDATE,
    COLUMN_SRC,
    COLUMN_DST,
    COLUMN_DURATION,
    COLUMN_CHANNEL,
    COLUMN_COUNT
};

struct odbc {
    struct cdr_source source;
    SQLHENV environment;
    SQLHDBC connection;
    SQLHSTMT statement;
    bool connected;
    const char *table;
    int64_t shortest_bytes;
    char from[40];       /* calldate where the next page begins */
    bool ended;          /* there is no next page */
    struct arena arena;  /* of the page */
    int64_t page_rows;   /* how many rows a page may have */
    struct cdr *page;    /* PAGE_ROWS of them */
    int64_t count, next; /* rows in the page that may be handed out, and were */
};

/* ---- errors ---- */

/* What the driver says about the last call on HANDLE, behind WHAT. */
static bool driver_error(SQLSMALLINT type, SQLHANDLE handle, const char *what, struct error *error)
{
    SQLCHAR state[6] = "", text[SQL_MAX_MESSAGE_LENGTH] = "";
    SQLINTEGER native;
    SQLSMALLINT length;
    if (!SQL_SUCCEEDED(SQLGetDiagRec(type, handle, 1, state, &native, text, sizeof text, &length)))
        return error_set(error, "%s failed", what);
    return error_set(error, "%s: %s (%s)", what, (const char *)text, (const char *)state);
}

static bool statement_error(struct odbc *odbc, const char *what, struct error *error)
{
    driver_error(SQL_HANDLE_STMT, odbc->statement, what, error);
    SQLFreeStmt(odbc->statement, SQL_CLOSE);
    return false;
}

/* ---- connecting ---- */

/* Adds NAME=VALUE; in braces, between which anything may stand, only where it must: not all drivers know them. */
static void add_attribute(struct buffer *text, const char *name, const char *value)
{
    bool braces = value[strcspn(value, " ;={}[](),?*!@")] != '\0';
    if (!*value)
        return;
    buffer_add_byte(text, ';');
    buffer_add_string(text, name);
    buffer_add_string(text, braces ? "={" : "=");
    for (; *value; value++) {
        buffer_add_byte(text, *value);
        if (braces && *value == '}')
            buffer_add_byte(text, '}');
    }
    if (braces)
        buffer_add_byte(text, '}');
}

static SQLRETURN connect_with_string(struct odbc *odbc, const struct cdr_odbc_settings *settings)
{
    struct buffer text = buffer_in(&odbc->arena);
    buffer_add_string(&text, settings->dsn);
    add_attribute(&text, "UID", settings->user);
    add_attribute(&text, "PWD", settings->password);
    /* MariaDB's driver reads past the end of a string that it is told the length of. */
    buffer_add_byte(&text, '\0');
    if (text.failed)
        return SQL_ERROR;
    SQLRETURN result = SQLDriverConnect(odbc->connection, NULL, (SQLCHAR *)text.data, SQL_NTS, NULL,
                                        0, NULL, SQL_DRIVER_NOPROMPT);
    explicit_bzero(text.data, text.length);
    arena_free(&odbc->arena);
    return result;
}

static SQLCHAR *or_null(const char *text)
{
    return *text ? (SQLCHAR *)text : NULL;
}

static bool connect_source(struct odbc *odbc, const struct cdr_odbc_settings *settings,
                           struct error *error)
{
    SQLRETURN result;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &odbc->environment)) ||
        !SQL_SUCCEEDED(
            SQLSetEnvAttr(odbc->environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, odbc->environment, &odbc->connection)))
        return error_set(error, "ODBC cannot be used");
    if (strchr(settings->dsn, '='))
        result = connect_with_string(odbc, settings);
    else
        result = SQLConnect(odbc->connection, (SQLCHAR *)settings->dsn, SQL_NTS,
                            or_null(settings->user), SQL_NTS, or_null(settings->password), SQL_NTS);
    if (!SQL_SUCCEEDED(result))
        return driver_error(SQL_HANDLE_DBC, odbc->connection, "cannot connect to the database",
                            error);
    odbc->connected = true;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, odbc->connection, &odbc->statement)))
        return driver_error(SQL_HANDLE_DBC, odbc->connection, "ODBC cannot be used", error);
    return true;
}

/* ---- queries ---- */

/* Names go into a query as they are, so they are letters, digits, "_", "$" and "." only. */
static bool is_table_name(const char *name)
{
    return slice_only(slice_from(name),
                      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$.");
}

/* So do dates. */
static bool is_date(const char *text)
{
    return slice_only(slice_from(text), "0123456789-:. T+");
}

static bool query(struct odbc *odbc, const char *columns, const char *end, struct error *error)
{
    char text[512];
    if (!is_date(odbc->from))
        return error_set(error, "calldate of %s is not a date: \"%s\"", odbc->table, odbc->from);
    snprintf(text, sizeof text,
             "SELECT %s FROM %s WHERE calldate >= '%s' AND LENGTH(dst) >= %lld%s", columns,
             odbc->table, odbc->from, (long long)odbc->shortest_bytes, end);
    if (!SQL_SUCCEEDED(SQLExecDirect(odbc->statement, (SQLCHAR *)text, SQL_NTS)))
        return statement_error(odbc, "cannot read the calls", error);
    return true;
}

static bool count_rows(struct odbc *odbc, struct error *error)
{
    SQLBIGINT count = 0;
    SQLLEN length;
    if (!query(odbc, "COUNT(*)", "", error))
        return false;
    if (!SQL_SUCCEEDED(SQLFetch(odbc->statement)) ||
        !SQL_SUCCEEDED(
            SQLGetData(odbc->statement, 1, SQL_C_SBIGINT, &count, sizeof count, &length)))
        return statement_error(odbc, "cannot count the calls", error);
    SQLFreeStmt(odbc->statement, SQL_CLOSE);
    odbc->source.total = count;
    return true;
}

/* ---- pages ---- */

struct columns {
    char text[COLUMN_COUNT][COLUMN_BYTES];
    SQLLEN length[COLUMN_COUNT];
};

static bool bind_columns(struct odbc *odbc, struct columns *columns)
{
    for (SQLUSMALLINT i = 0; i < COLUMN_COUNT; i++)
        if (!SQL_SUCCEEDED(SQLBindCol(odbc->statement, (SQLUSMALLINT)(i + 1), SQL_C_CHAR,
                                      columns->text[i], COLUMN_BYTES, &columns->length[i])))
            return false;
    return true;
}

/* A copy of a column in the page's arena; its data is NULL when there is no memory. */
static struct slice column(struct odbc *odbc, const struct columns *columns, int i)
{
    if (columns->length[i] == SQL_NULL_DATA)
        return slice_from("");
    return arena_copy(&odbc->arena, slice_from(columns->text[i]));
}

static bool add_row(struct odbc *odbc, const struct columns *columns, struct error *error)
{
    struct cdr *row = &odbc->page[odbc->count];
    *row = (struct cdr){.calldate = column(odbc, columns, COLUMN_CALLDATE),
                        .src = column(odbc, columns, COLUMN_SRC),
                        .dst = column(odbc, columns, COLUMN_DST),
                        .duration = column(odbc, columns, COLUMN_DURATION),
                        .channel = column(odbc, columns, COLUMN_CHANNEL)};
    if (odbc->arena.exhausted)
        return error_set(error, "no memory for %lld calls", (long long)odbc->page_rows);
    odbc->count++;
    return true;
}

static bool fetch_rows(struct odbc *odbc, struct error *error)
{
    struct columns columns;
    SQLRETURN result = SQL_SUCCESS;
    if (!bind_columns(odbc, &columns))
        return statement_error(odbc, "cannot read the calls", error);
    while (odbc->count < odbc->page_rows && SQL_SUCCEEDED(result = SQLFetch(odbc->statement)))
        if (!add_row(odbc, &columns, error)) {
            SQLFreeStmt(odbc->statement, SQL_CLOSE);
            return false;
        }
    if (!SQL_SUCCEEDED(result) && result != SQL_NO_DATA)
        return statement_error(odbc, "cannot read the calls", error);
    SQLFreeStmt(odbc->statement, SQL_CLOSE);
    SQLFreeStmt(odbc->statement, SQL_UNBIND);
    return true;
}

/* Of a full page: leaves the calls of its last second, if there are others before it, to the next. */
static bool leave_last_second(struct odbc *odbc, struct error *error)
{
    struct slice last = odbc->page[odbc->count - 1].calldate;
    int64_t kept = odbc->count;
    while (kept > 0 && slice_equal(odbc->page[kept - 1].calldate, last))
        kept--;
    if (kept == 0) {
        if (odbc->page_rows >= PAGE_ROWS_MAX)
            return error_set(error, "more than %d calls have the calldate %.*s", PAGE_ROWS_MAX,
                             SLICE_ARGUMENTS(last));
        odbc->page_rows *= 2;
    } else if (last.length >= sizeof odbc->from) {
        return error_set(error, "calldate is not a date: \"%.*s\"", SLICE_ARGUMENTS(last));
    } else {
        memcpy(odbc->from, last.data, last.length);
        odbc->from[last.length] = '\0';
    }
    odbc->count = kept;
    return true;
}

/* Reads the next page. Afterwards it may be empty without being the last one: then it was too small. */
static bool read_page(struct odbc *odbc, struct error *error)
{
    char end[64];
    arena_free(&odbc->arena);
    odbc->count = odbc->next = 0;
    odbc->page = arena_calloc(&odbc->arena, (size_t)odbc->page_rows, sizeof *odbc->page);
    if (!odbc->page)
        return error_set(error, "no memory for %lld calls", (long long)odbc->page_rows);
    snprintf(end, sizeof end, " ORDER BY calldate LIMIT %lld", (long long)odbc->page_rows);
    if (!query(odbc, "calldate, src, dst, duration, channel", end, error) ||
        !fetch_rows(odbc, error))
        return false;
    odbc->ended = odbc->count < odbc->page_rows;
    return odbc->ended || leave_last_second(odbc, error);
}

static enum cdr_next odbc_next(struct cdr_source *source, struct cdr *row, struct error *error)
{
    struct odbc *odbc = (struct odbc *)source;
    while (odbc->next == odbc->count) {
        if (odbc->ended)
            return CDR_END;
        if (!read_page(odbc, error))
            return CDR_FAILED;
    }
    *row = odbc->page[odbc->next++];
    return CDR_ROW;
}

/* ---- open and close ---- */

static void odbc_close(struct cdr_source *source)
{
    struct odbc *odbc = (struct odbc *)source;
    if (odbc->statement)
        SQLFreeHandle(SQL_HANDLE_STMT, odbc->statement);
    if (odbc->connected)
        SQLDisconnect(odbc->connection);
    if (odbc->connection)
        SQLFreeHandle(SQL_HANDLE_DBC, odbc->connection);
    if (odbc->environment)
        SQLFreeHandle(SQL_HANDLE_ENV, odbc->environment);
    arena_free(&odbc->arena);
    free(odbc);
}

struct cdr_source *cdr_odbc_open(const struct cdr_odbc_settings *settings,
                                 const struct cdr_window *window, struct error *error)
{
    if (!is_table_name(settings->table)) {
        error_set(error, "\"%s\" cannot be the name of a table", settings->table);
        return NULL;
    }
    struct odbc *odbc = calloc(1, sizeof *odbc);
    if (!odbc) {
        error_set(error, "out of memory");
        return NULL;
    }
    odbc->source = (struct cdr_source){.next = odbc_next, .close = odbc_close};
    odbc->table = settings->table;
    odbc->page_rows = settings->page_rows;
    odbc->shortest_bytes = window->shortest_bytes;
    memcpy(odbc->from, window->start, sizeof window->start);
    arena_init(&odbc->arena, PAGE_BYTES_MAX);
    if (connect_source(odbc, settings, error) && count_rows(odbc, error))
        return &odbc->source;
    odbc_close(&odbc->source);
    return NULL;
}
