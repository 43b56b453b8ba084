/* Decides by itself: program DIRECTORY TICKET. Waits for a line before it asks again. */

#include "sclera.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void stop(const char *what) {
    char why[512];
    sclera_last_error(why, sizeof why);
    fprintf(stderr, "%s: %d: %s\n", what, sclera_last_error_code(), why);
    exit(2);
}

static int check(const sclera_session *session, const char *resource, uint32_t permissions) {
    return sclera_check(session, resource, strlen(resource), permissions);
}

int main(int count, char **words) {
    static uint8_t ticket[65536];
    sclera_instance *instance;
    sclera_session *session, *other;
    sclera_privilege read;
    char user[64], roles[256];
    size_t length;
    FILE *file;

    if (count != 3 || sclera_version() != SCLERA_VERSION) return 1;
    file = fopen(words[2], "rb");
    if (file == NULL) return 1;
    length = fread(ticket, 1, sizeof ticket, file);
    fclose(file);

    if (sclera_attach(SCLERA_VERSION, words[1], &instance) != SCLERA_OK) stop("attach");
    if (sclera_session_from_ticket(instance, ticket, length, &session) != SCLERA_OK) stop("session");
    sclera_session_user(session, user, sizeof user);
    sclera_session_roles(session, roles, sizeof roles);
    read = sclera_prepare(session, "AppData", 7, SCLERA_READ);
    printf("%s %s: %d%d%d %u %d%d\n", user, roles, check(session, "appdata", SCLERA_READ),
           check(session, "AppData", SCLERA_READ | SCLERA_WRITE), check(session, "NoSuch", SCLERA_READ),
           (unsigned)sclera_held(session, "AppData", 7), sclera_holds(session, read), sclera_holds(session, 0));
    ticket[length - 1] ^= 1;
    printf("changed ticket: %d %d\n", sclera_session_from_ticket(instance, ticket, length, &other), other == NULL);
    fflush(stdout);

    getchar();
    printf("afterwards: %d", sclera_holds(session, read));
    sclera_session_refresh(session);
    printf("%d%d%d\n", sclera_holds(session, read), check(session, "Ward", SCLERA_USE),
           sclera_session_is_over(session));
    sclera_session_release(session);
    sclera_instance_release(instance);
    return 0;
}
