/** Names of the environment variables by which an agent hands a plugin its socket's path and its token. */

/** The path of the Unix socket to listen on. */
export const socketVariable = "FARMOPS_PLUGIN_SOCKET"

/** The token that every call must carry as `authorization: Bearer …`; a new one for each start. */
export const tokenVariable = "FARMOPS_PLUGIN_TOKEN"
