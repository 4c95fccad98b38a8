/* Threads: the pool, the executor, and handles under several threads at a time. */
#include "support/support.h"
#include "core/core.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { ITEMS = 1000 };

static void wait_us(long us)
{
    const struct timespec t = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&t, NULL);
}

/* Assertions of cmocka work on the main thread only; the others count what went wrong. */
static void run_threads(int count, void *(*work)(void *), void *arguments, size_t size)
{
    pthread_t threads[16];
    for (int i = 0; i < count; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, work, (char *)arguments + (size_t)i * size), 0);
    }
    for (int i = 0; i < count; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

/* ---- the pool ---------------------------------------------------------------------------------------------------- */

static void count_index(void *job, int64_t index)
{
    atomic_fetch_add(&((atomic_int *)job)[index], 1);
}

static void assert_each_once(const atomic_int *times, int64_t count)
{
    for (int64_t i = 0; i < ITEMS; i++) {
        assert_int_equal(atomic_load(&times[i]), i < count);
    }
}

static void every_index_runs_once(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    const int64_t threads[] = {1, 2, 8, 3, 1, 4};
    const int64_t counts[] = {0, 1, 2, 3, 7, 64, ITEMS};
    for (int t = 0; t < 6; t++) {
        nt_ok(context, nndyn_context_set_threads(context, threads[t]));
        for (int c = 0; c < 7; c++) {
            atomic_int times[ITEMS] = {0};
            nt_ok(context, nd_parallel(context, counts[c], count_index, times));
            assert_each_once(times, counts[c]);
        }
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void short_works_follow_each_other(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_threads(context, 4));
    int64_t total = 0;
    for (int round = 0; round < 2000; round++) {
        atomic_int times[4] = {0};
        nt_ok(context, nd_parallel(context, 4, count_index, times));
        for (int i = 0; i < 4; i++) {
            total += atomic_load(&times[i]) == 1;
        }
    }
    assert_int_equal(total, 8000);
    nndyn_context_free(context);
}

typedef struct helpers_job {
    pthread_t threads[64];
    sigset_t blocked[64];
} helpers_job;

static void note_thread(void *job, int64_t index)
{
    helpers_job *h = job;
    h->threads[index] = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &h->blocked[index]);
    wait_us(1000);
}

/* More than one thread takes part, and none of the helpers takes signals of the program. */
static void helpers_take_part(void **state)
{
    (void)state;
    nt_allocator a = {0};
    helpers_job h = {0};
    int others = 0;
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_threads(context, 3));
    nt_ok(context, nd_parallel(context, 64, note_thread, &h));
    for (int i = 0; i < 64; i++) {
        if (!pthread_equal(h.threads[i], pthread_self())) {
            others++;
            assert_true(sigismember(&h.blocked[i], SIGINT));
        }
    }
    assert_true(others > 0);
    nndyn_context_free(context);
}

typedef struct nested_job {
    nndyn_context *context;
    atomic_int inner[16][16];
    atomic_int strangers; /* inner work that left its thread */
} nested_job;

typedef struct inner_job {
    nested_job *outer;
    int64_t row;
    pthread_t thread;
} inner_job;

static void inner_work(void *job, int64_t index)
{
    inner_job *j = job;
    atomic_fetch_add(&j->outer->inner[j->row][index], 1);
    if (!pthread_equal(j->thread, pthread_self())) {
        atomic_fetch_add(&j->outer->strangers, 1);
    }
}

static void outer_work(void *job, int64_t index)
{
    inner_job j = {job, index, pthread_self()};
    if (nd_parallel(((nested_job *)job)->context, 16, inner_work, &j) != NNDYN_OK) {
        atomic_fetch_add(&((nested_job *)job)->strangers, 1);
    }
}

static void work_within_work_is_a_loop(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nested_job *job = calloc(1, sizeof *job);
    nndyn_context *context = nt_context(&a);
    job->context = context;
    nt_ok(context, nndyn_context_set_threads(context, 4));
    nt_ok(context, nd_parallel(context, 16, outer_work, job));
    assert_int_equal(atomic_load(&job->strangers), 0);
    for (int i = 0; i < 256; i++) {
        assert_int_equal(atomic_load(&job->inner[i / 16][i % 16]), 1);
    }
    free(job);
    nndyn_context_free(context);
}

typedef struct shared_job {
    nndyn_context *context;
    int wrong;
} shared_job;

static void *share_pool(void *argument)
{
    shared_job *s = argument;
    for (int round = 0; round < 200; round++) {
        atomic_int times[64] = {0};
        s->wrong += nd_parallel(s->context, 64, count_index, times) != NNDYN_OK;
        for (int i = 0; i < 64; i++) {
            s->wrong += atomic_load(&times[i]) != 1;
        }
    }
    return NULL;
}

static void two_callers_share_a_context(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_threads(context, 3));
    shared_job jobs[4] = {{context, 0}, {context, 0}, {context, 0}, {context, 0}};
    run_threads(4, share_pool, jobs, sizeof jobs[0]);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(jobs[i].wrong, 0);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void the_number_of_threads_is_checked(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    nt_fails(NNDYN_EARG, context, "threads is 0; it must be from 1 to 1024", nndyn_context_set_threads(context, 0));
    nt_fails(NNDYN_EARG, context, "threads is 1025", nndyn_context_set_threads(context, 1025));
    nt_fails(NNDYN_EARG, context, "threads is -4", nndyn_context_set_threads(context, -4));
    nt_ok(context, nndyn_context_set_threads(context, 2));
    a.fail_at = a.calls + 1;
    nt_fails(NNDYN_ENOMEM, context, "nndyn_context_set_threads: ", nndyn_context_set_threads(context, 3));
    atomic_int times[ITEMS] = {0};
    nt_ok(context, nd_parallel(context, ITEMS, count_index, times)); /* the old pool still works */
    assert_each_once(times, ITEMS);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#ifndef SANITIZED
/* In a child whose address space has no room for the stacks of so many threads; sanitizers need that room
 * themselves. */
static void threads_that_cannot_be_started(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int outcome = -1;
    nndyn_context *context = nt_context(&a);
    const pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {(rlim_t)1 << 28, (rlim_t)1 << 28};
        setrlimit(RLIMIT_AS, &limit);
        const int status = nndyn_context_set_threads(context, 1024);
        atomic_int times[ITEMS] = {0};
        int wrong = status != NNDYN_ESTATE;
        wrong += !strstr(nndyn_message(context), "threads is 1024, but the system started only");
        wrong += nd_parallel(context, ITEMS, count_index, times) != NNDYN_OK;
        nndyn_context_free(context);
        wrong += a.live_blocks != 0;
        _exit(wrong);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome));
    assert_int_equal(WEXITSTATUS(outcome), 0);
    nndyn_context_free(context);
}
#endif

typedef struct busy_job {
    nndyn_context *context;
    int threads, executor;
} busy_job;

static int run_backwards(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count);

static void change_settings(void *job, int64_t index)
{
    busy_job *b = job;
    if (index == 0) {
        b->threads = nndyn_context_set_threads(b->context, 3);
        b->executor = nndyn_context_set_executor(b->context, run_backwards, NULL);
    }
}

static void settings_do_not_change_under_work(void **state)
{
    (void)state;
    nt_allocator a = {0};
    busy_job b = {nt_context(&a), 0, 0};
    for (int64_t threads = 1; threads <= 2; threads++) {
        nt_ok(b.context, nndyn_context_set_threads(b.context, threads));
        nt_ok(b.context, nd_parallel(b.context, 2, change_settings, &b));
        assert_int_equal(b.threads, NNDYN_ESTATE);
        assert_int_equal(b.executor, NNDYN_ESTATE);
    }
    nndyn_context_free(b.context);
    nt_no_leak(&a);
}

/* A forked child has a copy of the pool without its threads: it works alone, and frees without waiting for them. */
static void a_forked_child_works_alone(void **state)
{
    (void)state;
    nt_allocator a = {0};
    int outcome = -1;
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_threads(context, 3));
    wait_us(20000); /* helpers are waiting by then */
    const pid_t child = fork();
    if (child == 0) {
        atomic_int times[ITEMS] = {0};
        int wrong = nd_parallel(context, ITEMS, count_index, times) != NNDYN_OK;
        for (int i = 0; i < ITEMS; i++) {
            wrong += atomic_load(&times[i]) != 1;
        }
        nndyn_context_free(context);
        _exit(wrong > 0);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome));
    assert_int_equal(WEXITSTATUS(outcome), 0);
    nndyn_context_free(context);
}

/* ---- the executor ------------------------------------------------------------------------------------------------ */

typedef struct host {
    int64_t calls;
    int64_t last_count;
    int refuse; /* after having run everything */
    int forget; /* the last index */
} host;

static int run_backwards(void *user, void (*work)(void *job, int64_t index), void *job, int64_t count)
{
    host *h = user;
    h->calls++;
    h->last_count = count;
    for (int64_t i = count - 1; i >= h->forget; i--) {
        work(job, i);
    }
    return h->refuse;
}

static void the_executor_runs_the_work(void **state)
{
    (void)state;
    nt_allocator a = {0};
    host h = {0};
    nndyn_context *context = nt_context(&a);
    nested_job *nested = calloc(1, sizeof *nested);
    nested->context = context;
    nt_ok(context, nndyn_context_set_executor(context, run_backwards, &h));
    atomic_int times[ITEMS] = {0};
    nt_ok(context, nd_parallel(context, ITEMS, count_index, times));
    assert_each_once(times, ITEMS);
    assert_int_equal(h.last_count, ITEMS);
    nt_ok(context, nd_parallel(context, 1, count_index, times));
    assert_int_equal(h.calls, 1); /* one thing is not worth an executor */
    nt_ok(context, nd_parallel(context, 16, outer_work, nested));
    assert_int_equal(h.calls, 2); /* nor is work within work */
    assert_int_equal(atomic_load(&nested->strangers), 0);
    nt_ok(context, nndyn_context_set_executor(context, NULL, NULL));
    nt_ok(context, nd_parallel(context, 16, outer_work, nested));
    assert_int_equal(h.calls, 2);
    free(nested);
    nndyn_context_free(context);
}

static void an_executor_that_fails_is_reported(void **state)
{
    (void)state;
    nt_allocator a = {0};
    host h = {.refuse = 1};
    atomic_int times[ITEMS] = {0};
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_context_set_executor(context, run_backwards, &h));
    assert_int_equal(nd_parallel(context, ITEMS, count_index, times), NNDYN_ECALLBACK);
    h = (host){.forget = 1};
    assert_int_equal(nd_parallel(context, ITEMS, count_index, times), NNDYN_ECALLBACK);
    h = (host){0};
    assert_int_equal(nd_parallel(context, ITEMS, count_index, times), NNDYN_OK);
    nndyn_context_free(context);
}

/* ---- handles ----------------------------------------------------------------------------------------------------- */

typedef struct own_job {
    nndyn_context *context;
    int number;
    int wrong;
} own_job;

/* Options of its own for each thread, all of one context, and failures whose messages do not mix. */
static void *own_handles(void *argument)
{
    own_job *j = argument;
    char value[32];
    snprintf(value, sizeof value, "thread-%d", j->number);
    const nd_option_spec spec = {"name", ND_TEXT, 0, 0, 0, NULL};
    for (int round = 0; round < 300; round++) {
        nndyn_options *options = NULL;
        nd_option_value read;
        j->wrong += nndyn_options_create(j->context, &options) != NNDYN_OK;
        j->wrong += nndyn_options_set_text(options, "name", value) != NNDYN_OK;
        j->wrong += nd_enter(j->context, ND_CONTEXT, value) != NNDYN_OK;
        j->wrong += nd_options_read(j->context, options, &spec, 1, &read) != NNDYN_OK;
        j->wrong += strcmp(read.text, value) != 0;
        nd_leave(j->context, nd_fail(j->context, NNDYN_EARG, "round %d", round));
        char want[64];
        snprintf(want, sizeof want, "%s: round %d", value, round);
        j->wrong += strcmp(nndyn_message(j->context), want) != 0;
        nndyn_options_free(options);
    }
    return NULL;
}

static void eight_threads_with_handles_of_their_own(void **state)
{
    (void)state;
    nt_allocator a = {0};
    own_job jobs[8];
    nndyn_context *context = nt_context(&a);
    for (int i = 0; i < 8; i++) {
        jobs[i] = (own_job){context, i, 0};
    }
    run_threads(8, own_handles, jobs, sizeof jobs[0]);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(jobs[i].wrong, 0);
    }
    /* a thread that never failed on the context reads the latest message of any */
    assert_non_null(strstr(nndyn_message(context), ": round 299"));
    nndyn_context_free(context);
    nt_no_leak(&a);
}

/* More threads come and go than a context has slots for. */
static void slots_are_used_again(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_context *context = nt_context(&a);
    for (int i = 0; i < 40; i++) {
        own_job job = {context, i, 0};
        run_threads(1, own_handles, &job, sizeof job);
        assert_int_equal(job.wrong, 0);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

typedef struct one_job {
    nndyn_options *options;
    int64_t *sum; /* guarded by the handle alone */
    int64_t done, busy, wrong;
} one_job;

static void *one_handle(void *argument)
{
    one_job *j = argument;
    for (int round = 0; round < 5000; round++) {
        const int status = nd_enter(j->options, ND_OPTIONS, "f");
        if (status == NNDYN_OK) {
            (*j->sum)++;
            nd_leave(j->options, NNDYN_OK);
        }
        j->done += status == NNDYN_OK;
        j->busy += status == NNDYN_EBUSY;
        const int set = nndyn_options_set_integer(j->options, "n", round);
        j->wrong += set != NNDYN_OK && set != NNDYN_EBUSY;
    }
    return NULL;
}

static void four_threads_on_one_handle_exclude_each_other(void **state)
{
    (void)state;
    nt_allocator a = {0};
    nndyn_options *options = NULL;
    int64_t sum = 0;
    int64_t done = 0;
    one_job jobs[4];
    nndyn_context *context = nt_context(&a);
    nt_ok(context, nndyn_options_create(context, &options));
    for (int i = 0; i < 4; i++) {
        jobs[i] = (one_job){options, &sum, 0, 0, 0};
    }
    run_threads(4, one_handle, jobs, sizeof jobs[0]);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(jobs[i].done + jobs[i].busy, 5000);
        assert_int_equal(jobs[i].wrong, 0);
        done += jobs[i].done;
    }
    assert_int_equal(sum, done);
    nndyn_options_free(options);
    nndyn_context_free(context);
    nt_no_leak(&a);
}

static void *free_options(void *argument)
{
    nndyn_options_free(*(nndyn_options **)argument);
    return NULL;
}

/* The last reference to a context with a pool goes on whichever thread is last. */
static void the_last_reference_goes_on_any_thread(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        nt_allocator a = {0};
        nndyn_options *options[8];
        nndyn_context *context = nt_context(&a);
        nt_ok(context, nndyn_context_set_threads(context, 3));
        for (int i = 0; i < 8; i++) {
            nt_ok(context, nndyn_options_create(context, &options[i]));
            nt_ok(options[i], nndyn_options_set_integer(options[i], "n", i));
        }
        nndyn_context_free(context);
        run_threads(8, free_options, options, sizeof options[0]);
        nt_no_leak(&a);
    }
}

typedef struct long_call {
    nndyn_context *context;
    nndyn_options *options;
    atomic_int *running;
    int status;
} long_call;

static void *call_until_canceled(void *argument)
{
    long_call *c = argument;
    nd_task task;
    c->status = nd_enter(c->options, ND_OPTIONS, "nndyn_long");
    nd_task_begin(&task, c->options, "waiting");
    atomic_fetch_add(c->running, 1);
    int status = NNDYN_OK;
    while (status == NNDYN_OK) {
        status = nd_task_report(&task, 0.5);
    }
    c->status = nd_leave(c->options, status);
    return NULL;
}

static void *cancel_when_running(void *argument)
{
    long_call *c = argument;
    while (atomic_load(c->running) < 3) {
        wait_us(100);
    }
    c->status = nndyn_context_cancel(c->context);
    return NULL;
}

static void *call_or_cancel(void *argument)
{
    long_call *c = argument;
    return c->options ? call_until_canceled(argument) : cancel_when_running(argument);
}

static void cancellation_reaches_every_running_call(void **state)
{
    (void)state;
    nt_allocator a = {0};
    atomic_int running = 0;
    long_call calls[4];
    nndyn_context *context = nt_context(&a);
    for (int i = 0; i < 4; i++) {
        calls[i] = (long_call){context, NULL, &running, 1};
        if (i < 3) {
            nt_ok(context, nndyn_options_create(context, &calls[i].options));
        }
    }
    run_threads(4, call_or_cancel, calls, sizeof calls[0]);
    assert_int_equal(calls[3].status, NNDYN_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(calls[i].status, NNDYN_ECANCELED);
        assert_string_equal(nndyn_message(calls[i].options), "nndyn_long: waiting was stopped by nndyn_context_cancel");
        nndyn_options_free(calls[i].options);
    }
    nndyn_context_free(context);
    nt_no_leak(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_index_runs_once),
        cmocka_unit_test(short_works_follow_each_other),
        cmocka_unit_test(helpers_take_part),
        cmocka_unit_test(work_within_work_is_a_loop),
        cmocka_unit_test(two_callers_share_a_context),
        cmocka_unit_test(the_number_of_threads_is_checked),
#ifndef SANITIZED
        cmocka_unit_test(threads_that_cannot_be_started),
#endif
        cmocka_unit_test(settings_do_not_change_under_work),
        cmocka_unit_test(a_forked_child_works_alone),
        cmocka_unit_test(the_executor_runs_the_work),
        cmocka_unit_test(an_executor_that_fails_is_reported),
        cmocka_unit_test(eight_threads_with_handles_of_their_own),
        cmocka_unit_test(slots_are_used_again),
        cmocka_unit_test(four_threads_on_one_handle_exclude_each_other),
        cmocka_unit_test(the_last_reference_goes_on_any_thread),
        cmocka_unit_test(cancellation_reaches_every_running_call),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
