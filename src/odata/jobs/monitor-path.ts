/** Path of the status monitor resources, relative to the service root; no name of a model begins with `$`. */
export const monitorPath = '$async';
