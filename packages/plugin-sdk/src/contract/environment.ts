/**
 * The environment variables by which an agent tells a plugin's program where to listen. A program that serves one plugin gets
 * its socket's path; one that serves several gets a folder and their ids, and listens once for each of them.
 */

/** The path of the Unix socket to listen on. */
export const socketVariable = "FARMOPS_PLUGIN_SOCKET"

/** The token that every call must carry as `authorization: Bearer …`; a new one for each start, the same on all its sockets. */
export const tokenVariable = "FARMOPS_PLUGIN_TOKEN"

/** In place of the socket's path: the folder in which the program listens for each of the ids on the socket that {@link socketFileOf} names. */
export const socketDirectoryVariable = "FARMOPS_PLUGIN_SOCKET_DIRECTORY"

/** With the folder: the ids to serve, separated by commas. A program that does not know one of them leaves it out. */
export const idsVariable = "FARMOPS_PLUGIN_IDS"

/** A plugin's socket in that folder: its id with a dot for the slash, which no id contains, and `.sock`. */
export const socketFileOf = (pluginId: string): string => `${pluginId.replace("/", ".")}.sock`
