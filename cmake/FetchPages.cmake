# Run while building (TitanPages.cmake): puts the files of /docs and /redocs, compressed, into
# FOLDER; empty ones when they cannot be had. SOURCE holds package.json and package-lock.json.
set(modules ${FOLDER}/npm/node_modules)
set(wanted swagger-ui-dist/swagger-ui.css swagger-ui-dist/swagger-ui-bundle.js
  redoc/bundles/redoc.standalone.js)
set(licenses swagger-ui-dist/LICENSE swagger-ui-dist/NOTICE
  swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt redoc/LICENSE
  redoc/bundles/redoc.standalone.js.LICENSE.txt)

# The packages' own scripts do not run: nothing of them is wanted but files.
function(install result)
  file(REMOVE_RECURSE ${FOLDER}/npm)
  file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${FOLDER}/npm)
  execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 --fetch-timeout=30000
    WORKING_DIRECTORY ${FOLDER}/npm RESULT_VARIABLE failed OUTPUT_QUIET ERROR_VARIABLE message)
  if(NOT failed EQUAL 0)
    message(WARNING "npm could not fetch the pages of the API's description, so /docs and /redocs "
      "will have no copy of them (build anew in an empty folder to try again):\n${message}")
  endif()
  set(${result} ${failed} PARENT_SCOPE)
endfunction()

# The same bytes give the same file, whenever they were fetched.
function(compress from to)
  execute_process(COMMAND gzip -9 -n -c ${from} OUTPUT_FILE ${to} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(failed 1)
file(MAKE_DIRECTORY ${FOLDER})
if(NPM)
  install(failed)
endif()
set(texts "")
foreach(path IN LISTS wanted)
  get_filename_component(name ${path} NAME)
  if(failed EQUAL 0)
    compress(${modules}/${path} ${FOLDER}/${name}.gz)
  else()
    file(WRITE ${FOLDER}/${name}.gz "")
  endif()
endforeach()
if(failed EQUAL 0)
  foreach(path IN LISTS licenses)
    file(READ ${modules}/${path} text)
    string(APPEND texts "---- ${path}\n\n${text}\n")
  endforeach()
  file(WRITE ${FOLDER}/licenses.txt "${texts}")
  compress(${FOLDER}/licenses.txt ${FOLDER}/licenses.txt.gz)
else()
  file(WRITE ${FOLDER}/licenses.txt.gz "")
endif()
file(REMOVE_RECURSE ${FOLDER}/npm)
