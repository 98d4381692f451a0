/*
 * inherited.c - a listening socket that somebody else opened: libfcgi tells.
 */
#include "fcgi/inherited.h"

#include <fcgiapp.h>

bool listen_inherited(void)
{
    return !FCGX_IsCGI();
}
