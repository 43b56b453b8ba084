/* Sclera: decisions from published settings, in any process on the machine of an instance.
 *
 * Link with libsclera_capi.so or libsclera_capi.a. docs/c-interface.md has an example.
 *
 * A function that asks answers 1 for "granted" and 0 for "denied", and also 0 where it could not ask; then
 * sclera_last_error_code() says why. A function that makes or changes something answers SCLERA_OK or what failed, and a
 * handle that it could not make is NULL. Every function takes NULL for a handle, as a fault or, to release it, as nothing.
 *
 * Names and other texts are UTF-8. A name comes with its length in bytes and needs no zero byte at its end.
 *
 * Different threads may use a session at the same time, except while sclera_session_refresh or sclera_session_release is
 * at work on it. Checks take no lock and make no system call. A session that began before fork() goes on in the child.
 */
#ifndef SCLERA_H
#define SCLERA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. sclera_attach refuses a program that was compiled for another one. */
#define SCLERA_VERSION 1u

/* Permissions, to be added. */
#define SCLERA_READ 1u
#define SCLERA_WRITE 2u
#define SCLERA_USE 4u

/* What can fail. */
#define SCLERA_OK 0
#define SCLERA_ARGUMENT 1 /* an argument is NULL, too long, not UTF-8 or out of range */
#define SCLERA_BAD_VERSION 2 /* the program was compiled for another version of the interface */
#define SCLERA_MISSING 3 /* nothing is published for this directory */
#define SCLERA_FILES 4 /* what is published cannot be read, or is not as it must be */
#define SCLERA_IMAGE 5 /* what is published is damaged or of another version */
#define SCLERA_TICKET 6 /* the ticket is none of this instance, or was changed */
#define SCLERA_EXPIRED 7 /* the time of the ticket is over, or has not begun */
#define SCLERA_ENDED 8 /* the session was ended */
#define SCLERA_AUTHENTICATE 9 /* the ticket is too old to decide from; a new one is needed */
#define SCLERA_INTERNAL 10 /* a fault of the library */

/* An instance that this process is attached to. */
typedef struct sclera_instance sclera_instance;
/* Somebody who was admitted. It decides from the settings that counted when it began; deletions count at once. */
typedef struct sclera_session sclera_session;
/* A privilege that was looked up. It stays right for as long as its resource lives, in every session. 0 is none and is
 * always denied. */
typedef uint64_t sclera_privilege;

/* The version of the library. */
uint32_t sclera_version(void);

/* Attaches to the published settings of the instance in a directory. Whoever may read the files may: the owner of the
 * instance and the group of its directory. No server is needed. Pass SCLERA_VERSION. */
int sclera_attach(uint32_t version, const char *directory, sclera_instance **instance);

/* Begins the session of a ticket, which `sclera session ticket` writes. A ticket is a secret: whoever has it is its user
 * until it expires or is ended. */
int sclera_session_from_ticket(const sclera_instance *instance, const uint8_t *ticket, size_t length,
                               sclera_session **session);

/* Whether all the permissions are held on the resource of a name of at most 4,096 bytes. No permissions at all are
 * granted to holders of %All alone. */
int sclera_check(const sclera_session *session, const char *resource, size_t length, uint32_t permissions);

/* Looks a privilege up once, to be asked for many times. One on a resource that does not exist is held by %All alone. */
sclera_privilege sclera_prepare(const sclera_session *session, const char *resource, size_t length,
                                uint32_t permissions);

/* Whether a privilege is held: the fastest way to ask. */
int sclera_holds(const sclera_session *session, sclera_privilege privilege);

/* The permissions held on the resource of a name; 0 where there are none. */
uint32_t sclera_held(const sclera_session *session, const char *resource, size_t length);

/* After something was deleted, checks take a longer way until this is called; call it where a request begins. */
int sclera_session_refresh(sclera_session *session);

/* Whether a session was ended, is too old to decide from, or its ticket has expired. Checks ask no clock, so whoever
 * keeps a session for long asks this. Answers 1 where it cannot tell. */
int sclera_session_is_over(const sclera_session *session);

/* The name of the user, and the roles as a comma list. They are copied with a zero byte at the end, as far as there is
 * room; the length of all of it without that byte is returned, 0 where it failed. */
size_t sclera_session_user(const sclera_session *session, char *buffer, size_t size);
size_t sclera_session_roles(const sclera_session *session, char *buffer, size_t size);

/* Lets go of a session or an instance, in any order. */
void sclera_session_release(sclera_session *session);
void sclera_instance_release(sclera_instance *instance);

/* What last failed in this thread, as a code and in words that are copied like a user name. A success leaves it as it
 * is. */
int sclera_last_error_code(void);
size_t sclera_last_error(char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
