/*
 * status.h - how the installation is doing: /status for people and scripts, /metrics for Prometheus.
 * Both speak for all workers, from the memory they share, and answer also when Redis is away.
 */
#ifndef CALLBOARD_STATUS_H
#define CALLBOARD_STATUS_H

#include "handlers/handler.h"

/* Both ask Redis how many entries of each pool are alive. */
handler_plan status_plan;
handler_render status_render_json;
handler_render status_render_metrics;

/* GET /bench/noop: what a request costs that does nothing; there only with [bench] noop = yes. */
handler_plan status_plan_noop;

#endif
