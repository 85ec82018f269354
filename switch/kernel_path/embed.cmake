# The bytes of a file become an array in C++: NAME and NAME_size, defined in OUTPUT.
file(READ ${OBJECT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REPEAT "....." 20 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
file(
  WRITE ${OUTPUT}
  "// Made of ${NAME}'s object by the build.
#include <cstddef>
extern const unsigned char ${NAME}[];
extern const std::size_t ${NAME}_size;
alignas(8) const unsigned char ${NAME}[] = {
${bytes}};
const std::size_t ${NAME}_size = sizeof ${NAME};
")
