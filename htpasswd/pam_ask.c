/*
 * pam_ask.c - asks PAM one question.
 */
#include "htpasswd/pam_ask.h"

#include <security/pam_appl.h>
#include <stdlib.h>

#include "base/log.h"

/* PAM asks for what it needs; the password answers every hidden question, the user every other. */
static int converse(int count, const struct pam_message **messages, struct pam_response **responses,
                    void *data)
{
    const struct pam_question *question = data;
    struct pam_response *made = calloc(count > 0 ? (size_t)count : 1, sizeof *made);
    if (!made)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            made[i].resp = strdup(question->password);
        else if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON)
            made[i].resp = strdup(question->user);
    }
    *responses = made; /* PAM frees it */
    return PAM_SUCCESS;
}

/* The pause after a failure is the throttle's business: here it would only hold a place. */
static void no_delay(int status, unsigned us, void *data)
{
    (void)status, (void)us, (void)data;
}

static enum pam_answer_kind answer_for(pam_handle_t *pam, const char *what, int status)
{
    switch (status) {
    case PAM_SUCCESS: return PAM_ANSWER_GOOD;
    case PAM_AUTH_ERR:
    case PAM_USER_UNKNOWN:
    case PAM_CRED_INSUFFICIENT:
    case PAM_MAXTRIES: return PAM_ANSWER_WRONG;
    case PAM_ACCT_EXPIRED:
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_AUTHTOK_EXPIRED:
    case PAM_CRED_EXPIRED:
    case PAM_PERM_DENIED:
        log_info("PAM, %s: %s", what, pam_strerror(pam, status));
        return PAM_ANSWER_WRONG;
    default: log_error("PAM, %s: %s", what, pam_strerror(pam, status)); return PAM_ANSWER_NONE;
    }
}

static enum pam_answer_kind ask(pam_handle_t *pam, const struct pam_question *question)
{
    const int flags = PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK;
    if (*question->address)
        pam_set_item(pam, PAM_RHOST, question->address);
#ifdef PAM_FAIL_DELAY
    pam_set_item(pam, PAM_FAIL_DELAY, (const void *)no_delay);
#endif
    enum pam_answer_kind answer = answer_for(pam, "password", pam_authenticate(pam, flags));
    if (answer == PAM_ANSWER_GOOD)
        answer = answer_for(pam, "account", pam_acct_mgmt(pam, flags));
    return answer;
}

static pam_handle_t *start(const char *service, const char *user,
                           const struct pam_conv *conversation)
{
    pam_handle_t *pam = NULL;
    int status = pam_start(service, user, conversation, &pam);
    if (status == PAM_SUCCESS)
        return pam;
    log_error("PAM service %s: %s", service, pam_strerror(pam, status));
    return NULL;
}

void pam_prepare(const char *service)
{
    const struct pam_conv conversation = {converse, NULL};
    pam_handle_t *pam = start(service, NULL, &conversation);
    if (pam)
        pam_end(pam, PAM_SUCCESS);
}

enum pam_answer_kind pam_ask(const char *service, const struct pam_question *question)
{
    const struct pam_conv conversation = {converse, (void *)question};
    pam_handle_t *pam = start(service, question->user, &conversation);
    if (!pam)
        return PAM_ANSWER_NONE;
    enum pam_answer_kind answer = ask(pam, question);
    pam_end(pam, PAM_SUCCESS);
    return answer;
}
