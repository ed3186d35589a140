/* model_folder.h: where the models lie that come with the program. */
#ifndef MER_CLI_MODEL_FOLDER_H
#define MER_CLI_MODEL_FOLDER_H

/** The folder of the model `name`: in $MER_MODELS; else, from where the program lies, that of an
 * installed tree or of the sources that it was built in; else in ./models, for the message of who
 * opens it. For free(); NULL if memory is out. */
char *cli_model_folder(const char *name);

#endif
