# Fails unless the README shows the source file as it is.
file(READ "${README}" readme)
file(READ "${SOURCE}" source)
string(FIND "${readme}" "```cpp\n${source}```" place)
if(place EQUAL -1)
  message(FATAL_ERROR "README.md doesn't show ${SOURCE} as it is: copy it into the README's C++ block")
endif()
