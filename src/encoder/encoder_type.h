/* encoder_type.h: encoder directories as Hugging Face lays them out. */
#ifndef MER_ENCODER_ENCODER_TYPE_H
#define MER_ENCODER_ENCODER_TYPE_H

#include "encoder/modality.h"

/** Reads `folder`/config.json, or bert_config.json where only that is there; `*root` and `*path`
 * are the caller's, of a failure too. */
mer_status mer__encoder_config_read(json_t **root, char **path, const char *folder, mer_error *err);

/** The encoder of a directory: the one whose name is the model_type of its config.json; without
 * that key, which the first releases of BERT lack, "bert". MER_STATUS_UNSUPPORTED: there is none.
 */
mer_status mer__encoder_type_of_folder(const mer__encoder_type **type, const char *folder,
                                       mer_error *err);
/** The same, of text alone: MER_STATUS_UNSUPPORTED, too, if it hears or sees. */
mer_status mer__text_type_of_folder(const mer__encoder_type **type, const char *folder,
                                    mer_error *err);
/** The encoder of a modality's object (mer__config_modality); NULL: none is known by its type, or
 * there is no object. */
const mer__encoder_type *mer__encoder_type_of_modality(const json_t *object);

#endif
